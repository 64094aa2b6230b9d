// A load generator for HTTP routes, and the round trip of a shadow update to its delta.
#define _GNU_SOURCE
#include "http_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024, BUCKETS = 20000, CONNECTIONS = 256 };

static uint64_t nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int open_socket(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct timeval limit = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/// Latencies in steps of one microsecond; the last bucket holds the rest.
typedef struct {
    uint32_t buckets[BUCKETS];
    uint64_t count;
} histogram;

static void note(histogram *h, uint64_t from, uint64_t to) {
    uint64_t bucket = (to - from) / 1000;
    h->buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    h->count++;
}

static double quantile(const histogram *h, double q) {
    uint64_t wanted = (uint64_t)((double)h->count * q), seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen > wanted) return i;
    }
    return BUCKETS;
}

typedef struct {
    int fd;
    size_t used;
    uint64_t sent;
    char buffer[BUFFER];
} connection;

/// 1 when a whole answer has arrived, 0 when not yet, -1 when it is not the expected one.
static int is_answered(connection *c) {
    if (c->used < 12) return 0;
    if (memcmp(c->buffer, "HTTP/1.1 200", 12) != 0) return -1;
    char *end = memmem(c->buffer, c->used, "\r\n\r\n", 4);
    if (end == NULL) return c->used == BUFFER ? -1 : 0;
    size_t head = (size_t)(end - c->buffer) + 4;
    static const char name[] = "\r\ncontent-length:";
    for (char *p = c->buffer; p + sizeof name < c->buffer + head; p++) {
        if (strncasecmp(p, name, sizeof name - 1) != 0) continue;
        size_t length = strtoul(p + sizeof name - 1, NULL, 10);
        if (head + length > BUFFER) return -1;
        return c->used >= head + length;
    }
    return -1;
}

static int send_request(connection *c, const char *request, size_t length) {
    c->used = 0;
    c->sent = nanoseconds();
    return write(c->fd, request, length) == (ssize_t)length ? 0 : -1;
}

iot_http_result iot_http_run(int port, const char *request, int connections, double seconds) {
    iot_http_result result = {0};
    size_t length = strlen(request);
    if (connections > CONNECTIONS) connections = CONNECTIONS;
    connection *all = calloc((size_t)connections, sizeof *all);
    histogram *h = calloc(1, sizeof *h);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (all == NULL || h == NULL || poller < 0) { result.failed = 1; return result; }
    for (int i = 0; i < connections; i++) all[i].fd = -1;
    for (int i = 0; i < connections && result.failed == 0; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        all[i].fd = open_socket(port);
        if (all[i].fd < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &event) != 0 ||
            send_request(&all[i], request, length) != 0) result.failed = 2;
    }
    uint64_t begin = nanoseconds(), warm = begin + 200000000u;
    uint64_t end = warm + (uint64_t)(seconds * 1e9), now = begin;
    while (now < end && result.failed == 0) {
        struct epoll_event events[64];
        int n = epoll_wait(poller, events, 64, 10000);
        if (n <= 0) { result.failed = 3; break; }
        for (int i = 0; i < n && result.failed == 0; i++) {
            connection *c = events[i].data.ptr;
            ssize_t got = read(c->fd, c->buffer + c->used, BUFFER - c->used);
            if (got <= 0) { result.failed = 4; break; }
            c->used += (size_t)got;
            int done = is_answered(c);
            if (done < 0) { result.failed = 5; break; }
            if (done == 0) continue;
            now = nanoseconds();
            if (now >= warm) note(h, c->sent, now);
            if (send_request(c, request, length) != 0) result.failed = 6;
        }
    }
    for (int i = 0; i < connections; i++) if (all[i].fd >= 0) close(all[i].fd);
    close(poller);
    result.rate = (double)h->count / seconds;
    result.p50 = quantile(h, 0.5);
    result.p99 = quantile(h, 0.99);
    free(all);
    free(h);
    return result;
}

/// An MQTT packet below 16 KiB: head, remaining length, body.
static size_t packet(uint8_t *into, uint8_t head, const uint8_t *body, size_t length) {
    size_t at = 0;
    into[at++] = head;
    if (length < 128) {
        into[at++] = (uint8_t)length;
    } else {
        into[at++] = (uint8_t)(length | 0x80);
        into[at++] = (uint8_t)(length >> 7);
    }
    memcpy(into + at, body, length);
    return at + length;
}

static size_t text(uint8_t *into, const char *value) {
    size_t length = strlen(value);
    into[0] = (uint8_t)(length >> 8);
    into[1] = (uint8_t)length;
    memcpy(into + 2, value, length);
    return length + 2;
}

#define THING "$aws/things/bench-delta/shadow/update"

/// Reads packets until one of a type, and for PUBLISH of a topic, has passed.
static int wait_for(int fd, uint8_t *buffer, size_t *used, int type, const char *topic) {
    for (;;) {
        while (*used >= 2) {
            size_t length = buffer[1], head = 2;
            if (length & 0x80) {
                if (*used < 3) break;
                length = (length & 0x7F) | (size_t)buffer[2] << 7;
                head = 3;
            }
            if (*used < head + length) break;
            int found = buffer[0] >> 4 == type;
            if (found && topic != NULL) {
                size_t size = (size_t)buffer[head] << 8 | buffer[head + 1];
                found = size == strlen(topic) && memcmp(buffer + head + 2, topic, size) == 0;
            }
            *used -= head + length;
            memmove(buffer, buffer + head + length, *used);
            if (found) return 0;
        }
        ssize_t got = read(fd, buffer + *used, BUFFER - *used);
        if (got <= 0) return -1;
        *used += (size_t)got;
    }
}

iot_http_result iot_shadow_delta_run(int port, double seconds) {
    iot_http_result result = {0};
    static uint8_t buffer[BUFFER];
    uint8_t body[1024], out[1100];
    size_t used = 0;
    histogram *h = calloc(1, sizeof *h);
    int fd = open_socket(port);
    if (h == NULL || fd < 0) { result.failed = 1; free(h); return result; }
    static const uint8_t greeting[] = {0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0};
    memcpy(body, greeting, sizeof greeting);
    size_t length = sizeof greeting + text(body + sizeof greeting, "bench-delta");
    length = packet(out, 0x10, body, length);
    if (write(fd, out, length) != (ssize_t)length || wait_for(fd, buffer, &used, 2, NULL) != 0)
        result.failed = 2;
    body[0] = 0;
    body[1] = 1;
    length = 2 + text(body + 2, THING "/delta");
    body[length++] = 0;
    length = packet(out, 0x82, body, length);
    if (result.failed == 0 &&
        (write(fd, out, length) != (ssize_t)length || wait_for(fd, buffer, &used, 9, NULL) != 0))
        result.failed = 3;
    uint64_t warm = nanoseconds() + 200000000u, end = warm + (uint64_t)(seconds * 1e9);
    for (uint64_t i = 0, now = 0; now < end && result.failed == 0; i++) {
        length = text(body, THING);
        length += (size_t)snprintf((char *)body + length, sizeof body - length,
            "{\"state\":{\"desired\":{\"level\":%llu,\"color\":\"warm white\",\"mode\":\"automatic\"},"
            "\"reported\":{\"level\":0}}}", (unsigned long long)i + 1);
        length = packet(out, 0x30, body, length);
        uint64_t sent = nanoseconds();
        if (write(fd, out, length) != (ssize_t)length ||
            wait_for(fd, buffer, &used, 3, THING "/delta") != 0) {
            result.failed = 4;
            break;
        }
        now = nanoseconds();
        if (now >= warm) note(h, sent, now);
    }
    close(fd);
    result.rate = (double)h->count / seconds;
    result.p50 = quantile(h, 0.5);
    result.p99 = quantile(h, 0.99);
    free(h);
    return result;
}
