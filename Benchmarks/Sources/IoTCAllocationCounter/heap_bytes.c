#include "IoTCAllocationCounter.h"

#if defined(__GLIBC__) || defined(__linux__)
#include <malloc.h>
uint64_t iot_heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return (uint64_t)info.uordblks + (uint64_t)info.hblkhd;
}
#else
uint64_t iot_heap_bytes(void) { return 0; }
#endif
