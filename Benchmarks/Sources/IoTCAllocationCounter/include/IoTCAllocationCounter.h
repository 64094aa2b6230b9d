#pragma once
#include <stdint.h>

/// Allocations made by this process so far (malloc, calloc, realloc, aligned forms).
uint64_t iot_allocation_count(void);
