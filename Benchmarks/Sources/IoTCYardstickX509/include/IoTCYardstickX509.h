#pragma once
#include <stddef.h>
#include <stdint.h>

// Reads three certificates and verifies the first against the last: 1 where the path is accepted.
int iot_yardstick_verify_chain(const uint8_t *const der[3], const size_t count[3], int64_t time);

// Reads one certificate with d2i_X509: 1 where it parses.
int iot_yardstick_parse(const uint8_t *der, size_t count);

// A prepared key and what it signed, for raw signature checks.
typedef struct iot_yardstick_signature iot_yardstick_signature;
iot_yardstick_signature *iot_yardstick_signature_new(const uint8_t *issuer, size_t issuer_count,
                                                     const uint8_t *tbs, size_t tbs_count,
                                                     const uint8_t *signature, size_t signature_count);
// EVP_DigestVerify with the prepared key, hashing included: 1 for a good signature.
int iot_yardstick_signature_verify(const iot_yardstick_signature *item);
