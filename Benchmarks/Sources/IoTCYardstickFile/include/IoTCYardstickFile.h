#pragma once
#include <stdint.h>

// The passes of age's payload with the same libsodium primitives and nothing else: what a C program
// that does the same work takes. 0 on success.

/// Encrypts `chunks` chunks of 64 KiB from one buffer into another.
int iot_yard_encrypt_memory(const uint8_t *plain, uint8_t *cipher, uint64_t chunks);
/// Decrypts what the function above wrote last, `chunks` times.
int iot_yard_decrypt_memory(const uint8_t *cipher, uint8_t *plain, uint64_t chunks);
/// Encrypts a file of `size` bytes chunk by chunk into another, with `threads` threads.
int iot_yard_encrypt_file(int from, int to, uint64_t size, int threads);
/// Decrypts a file that the function above wrote; `size` is the plaintext's.
int iot_yard_decrypt_file(int from, int to, uint64_t size, int threads);
