// Exact allocation counts: the C library's allocation functions, replaced by ones that count and
// then call glibc's own. Linked into benchmark programs only.
#include "IoTCAllocationCounter.h"
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

static _Atomic uint64_t count;

uint64_t iot_allocation_count(void) { return atomic_load_explicit(&count, memory_order_relaxed); }

#if defined(__GLIBC__)
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static inline void add(void) { atomic_fetch_add_explicit(&count, 1, memory_order_relaxed); }

void *malloc(size_t size) { add(); return __libc_malloc(size); }
void *calloc(size_t n, size_t size) { add(); return __libc_calloc(n, size); }
void *realloc(void *p, size_t size) { add(); return __libc_realloc(p, size); }
void *memalign(size_t a, size_t size) { add(); return __libc_memalign(a, size); }
void *aligned_alloc(size_t a, size_t size) { add(); return __libc_memalign(a, size); }

int posix_memalign(void **out, size_t a, size_t size) {
    add();
    if (a % sizeof(void *) != 0 || (a & (a - 1)) != 0) return EINVAL;
    void *p = __libc_memalign(a, size);
    if (!p) return ENOMEM;
    *out = p;
    return 0;
}
#endif
