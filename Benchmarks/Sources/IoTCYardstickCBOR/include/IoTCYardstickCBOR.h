#pragma once
#include <stddef.h>
#include <stdint.h>

/// Walks one item of deterministic CBOR: shortest arguments, definite lengths, ascending keys, UTF-8,
/// depth 16. Returns the number of bytes, or 0.
size_t iot_cbor_walk(const uint8_t *bytes, size_t count);
