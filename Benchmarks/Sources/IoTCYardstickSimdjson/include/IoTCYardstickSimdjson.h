#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A simdjson DOM parser that is used again for each text.
typedef struct iot_simdjson iot_simdjson;

/// A parser, and a padded copy of a text.
iot_simdjson *iot_simdjson_make(const uint8_t *text, size_t length);
void iot_simdjson_free(iot_simdjson *self);

/// Parses the text `count` times; the sum of the roots' sizes, or UINT64_MAX where it is refused.
uint64_t iot_simdjson_parse(iot_simdjson *self, size_t count);

/// After one parse, looks two members of the root up, `count` times; the sum of their values.
uint64_t iot_simdjson_lookup(iot_simdjson *self, const char *first, const char *second, size_t count);

/// The kernel that was chosen at run time, such as `haswell`.
const char *iot_simdjson_kernel(void);

#ifdef __cplusplus
}
#endif
