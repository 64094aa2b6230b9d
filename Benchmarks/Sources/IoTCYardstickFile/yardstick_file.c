#define _GNU_SOURCE
#include "IoTCYardstickFile.h"
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLAIN = 65536, CIPHER = PLAIN + 16, PER_PART = 4 };

static const uint8_t key[32] = {1, 2, 3};

static void make_nonce(uint8_t nonce[12], uint64_t index, int final) {
    memset(nonce, 0, 12);
    for (int i = 0; i < 8; i++) nonce[10 - i] = (uint8_t)(index >> (8 * i));
    nonce[11] = (uint8_t)final;
}

int iot_yard_encrypt_memory(const uint8_t *plain, uint8_t *cipher, uint64_t chunks) {
    uint8_t nonce[12];
    for (uint64_t i = 0; i < chunks; i++) {
        make_nonce(nonce, 0, 0);
        crypto_aead_chacha20poly1305_ietf_encrypt(cipher, NULL, plain, PLAIN, NULL, 0, NULL, nonce, key);
    }
    return 0;
}

int iot_yard_decrypt_memory(const uint8_t *cipher, uint8_t *plain, uint64_t chunks) {
    uint8_t nonce[12];
    int result = 0;
    for (uint64_t i = 0; i < chunks; i++) {
        make_nonce(nonce, 0, 0);
        result |= crypto_aead_chacha20poly1305_ietf_decrypt(plain, NULL, NULL, cipher, CIPHER, NULL, 0, nonce, key);
    }
    return result;
}

struct run {
    int from, to, decrypts;
    uint64_t size, chunks;
    atomic_ullong next;
    atomic_int failed;
};

static int whole(ssize_t got, size_t wanted) { return got == (ssize_t)wanted; }

static void *worker(void *argument) {
    struct run *run = argument;
    uint8_t *in = malloc(CIPHER * PER_PART), *out = malloc(CIPHER * PER_PART), nonce[12];
    for (;;) {
        uint64_t first = atomic_fetch_add(&run->next, 1) * PER_PART;
        if (first >= run->chunks || run->failed) break;
        uint64_t count = run->chunks - first < PER_PART ? run->chunks - first : PER_PART;
        uint64_t plain = count * PLAIN;
        if (first * PLAIN + plain > run->size) plain = run->size - first * PLAIN;
        uint64_t cipher = plain + count * 16;
        uint64_t take = run->decrypts ? cipher : plain, give = run->decrypts ? plain : cipher;
        off_t read_at = (off_t)(first * (run->decrypts ? CIPHER : PLAIN));
        off_t write_at = (off_t)(first * (run->decrypts ? PLAIN : CIPHER));
        if (!whole(pread(run->from, in, take, read_at), take)) run->failed = 1;
        for (uint64_t i = 0; i < count; i++) {
            uint64_t left = plain - i * PLAIN, bytes = left < PLAIN ? left : PLAIN;
            make_nonce(nonce, first + i, first + i == run->chunks - 1);
            if (run->decrypts) {
                if (crypto_aead_chacha20poly1305_ietf_decrypt(out + i * PLAIN, NULL, NULL, in + i * CIPHER,
                                                              bytes + 16, NULL, 0, nonce, key) != 0)
                    run->failed = 1;
            } else {
                crypto_aead_chacha20poly1305_ietf_encrypt(out + i * CIPHER, NULL, in + i * PLAIN, bytes, NULL, 0,
                                                          NULL, nonce, key);
            }
        }
        if (!whole(pwrite(run->to, out, give, write_at), give)) run->failed = 1;
    }
    free(in);
    free(out);
    return NULL;
}

static int go(int from, int to, uint64_t size, int threads, int decrypts) {
    struct run run = {.from = from, .to = to, .decrypts = decrypts, .size = size};
    if (sodium_init() < 0) return 1;
    run.chunks = size == 0 ? 1 : (size + PLAIN - 1) / PLAIN;
    pthread_t ids[64];
    if (threads > 64) threads = 64;
    for (int i = 1; i < threads; i++) pthread_create(&ids[i], NULL, worker, &run);
    worker(&run);
    for (int i = 1; i < threads; i++) pthread_join(ids[i], NULL);
    return run.failed;
}

int iot_yard_encrypt_file(int from, int to, uint64_t size, int threads) { return go(from, to, size, threads, 0); }
int iot_yard_decrypt_file(int from, int to, uint64_t size, int threads) { return go(from, to, size, threads, 1); }
