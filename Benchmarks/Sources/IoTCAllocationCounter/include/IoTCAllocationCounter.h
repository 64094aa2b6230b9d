#pragma once
#include <stdint.h>

/// Allocations made by this process so far (malloc, calloc, realloc, aligned forms).
uint64_t iot_allocation_count(void);

/// Bytes that the C library's allocator has handed out and not got back.
uint64_t iot_heap_bytes(void);
