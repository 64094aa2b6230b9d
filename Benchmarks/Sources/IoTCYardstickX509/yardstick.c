#include "IoTCYardstickX509.h"
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

int iot_yardstick_verify_chain(const uint8_t *const der[3], const size_t count[3], int64_t time) {
    X509 *certificates[3];
    for (int i = 0; i < 3; i++) {
        const uint8_t *p = der[i];
        certificates[i] = d2i_X509(NULL, &p, (long)count[i]);
        if (!certificates[i]) return 0;
    }
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, certificates[2]);
    STACK_OF(X509) *untrusted = sk_X509_new_null();
    sk_X509_push(untrusted, certificates[1]);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, certificates[0], untrusted);
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(parameters, (time_t)time);
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT);
    int result = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    sk_X509_free(untrusted);
    X509_STORE_free(store);
    for (int i = 0; i < 3; i++) X509_free(certificates[i]);
    return result;
}

int iot_yardstick_parse(const uint8_t *der, size_t count) {
    const uint8_t *p = der;
    X509 *certificate = d2i_X509(NULL, &p, (long)count);
    X509_free(certificate);
    return certificate != NULL;
}

struct iot_yardstick_signature {
    EVP_PKEY *key;
    uint8_t *tbs, *signature;
    size_t tbs_count, signature_count;
};

static uint8_t *copy(const uint8_t *bytes, size_t count) {
    uint8_t *result = malloc(count);
    memcpy(result, bytes, count);
    return result;
}

iot_yardstick_signature *iot_yardstick_signature_new(const uint8_t *issuer, size_t issuer_count,
                                                     const uint8_t *tbs, size_t tbs_count,
                                                     const uint8_t *signature, size_t signature_count) {
    X509 *certificate = d2i_X509(NULL, &issuer, (long)issuer_count);
    iot_yardstick_signature *item = malloc(sizeof *item);
    item->key = X509_get_pubkey(certificate);
    item->tbs = copy(tbs, tbs_count);
    item->signature = copy(signature, signature_count);
    item->tbs_count = tbs_count;
    item->signature_count = signature_count;
    X509_free(certificate);
    return item;
}

int iot_yardstick_signature_verify(const iot_yardstick_signature *item) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int result = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, item->key) == 1
        && EVP_DigestVerify(context, item->signature, item->signature_count, item->tbs, item->tbs_count) == 1;
    EVP_MD_CTX_free(context);
    return result;
}
