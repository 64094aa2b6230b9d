// A load generator for MQTT brokers: one publishing thread, one receiving thread.
#define _GNU_SOURCE
#include "broker_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, BUFFER = 256 * 1024, BUCKETS = 4096 };

static uint64_t nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void pause_briefly(void) {
    struct timespec t = {0, 20000};
    nanosleep(&t, NULL);
}

static int open_socket(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct timeval limit = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int write_all(int fd, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t n = write(fd, bytes, count);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return -1;
        bytes += n;
        count -= (size_t)n;
    }
    return 0;
}

static int read_exactly(int fd, uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t n = read(fd, bytes, count);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return -1;
        bytes += n;
        count -= (size_t)n;
    }
    return 0;
}

/// CONNECT with a clean session; the client identifier is unique in this process.
static int connect_client(int port) {
    static atomic_int counter;
    int fd = open_socket(port);
    if (fd < 0) return -1;
    uint8_t packet[32] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 0};
    int length = snprintf((char *)packet + 14, 16, "load-%d", atomic_fetch_add(&counter, 1));
    packet[1] = (uint8_t)(12 + length);
    packet[13] = (uint8_t)length;
    uint8_t answer[4];
    if (write_all(fd, packet, 14 + (size_t)length) != 0 || read_exactly(fd, answer, 4) != 0 ||
        answer[0] != 0x20 || answer[3] != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int subscribe(int fd, int qos) {
    uint8_t packet[] = {0x82, 12, 0, 1, 0, 7, 'b', 'e', 'n', 'c', 'h', '/', 't', (uint8_t)qos};
    uint8_t answer[5];
    if (write_all(fd, packet, sizeof packet) != 0 || read_exactly(fd, answer, 5) != 0) return -1;
    return answer[0] == 0x90 && answer[4] == qos ? 0 : -1;
}

typedef struct {
    iot_load_options options;
    int publisher;
    int *receivers;
    atomic_ullong published, delivered;
    atomic_int stop, counting;
    uint64_t gaps;
    uint32_t histogram[BUCKETS];  // 10 µs each; the last one holds the rest
} run_state;

/// One receiving connection: bytes that are not a whole packet yet, and the last number it got.
typedef struct {
    uint8_t *buffer;
    size_t used;
    uint64_t last;
} receiver;

static size_t take_packets(run_state *run, int fd, receiver *r, uint8_t *acks, size_t *ack_bytes) {
    size_t at = 0, count = 0;
    uint64_t now = 0;
    while (r->used - at >= 2) {
        const uint8_t *p = r->buffer + at;
        size_t length = p[1], head = 2;
        if (length & 0x80) {
            if (r->used - at < 3) break;
            length = (length & 0x7F) | (size_t)p[2] << 7;
            head = 3;
        }
        if (r->used - at < head + length) break;
        if (p[0] >> 4 == 3) {
            size_t topic = (size_t)p[head] << 8 | p[head + 1];
            size_t body = head + 2 + topic;
            if (p[0] & 6) {
                uint8_t ack[4] = {0x40, 2, p[body], p[body + 1]};
                memcpy(acks + *ack_bytes, ack, 4);
                *ack_bytes += 4;
                body += 2;
                if (*ack_bytes > BUFFER - 8) {
                    write_all(fd, acks, *ack_bytes);
                    *ack_bytes = 0;
                }
            }
            uint64_t number, sent;
            memcpy(&number, p + body, 8);
            memcpy(&sent, p + body + 8, 8);
            if (number != r->last + 1) run->gaps++;
            r->last = number;
            count++;
            if (run->options.rate > 0 && atomic_load_explicit(&run->counting, memory_order_relaxed)) {
                if (now == 0) now = nanoseconds();
                uint64_t bucket = (now - sent) / 10000;
                run->histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
            }
        }
        at += head + length;
    }
    memmove(r->buffer, r->buffer + at, r->used - at);
    r->used -= at;
    return count;
}

static void *receive(void *argument) {
    run_state *run = argument;
    int n = run->options.subscribers, queue = epoll_create1(EPOLL_CLOEXEC);
    receiver *receivers = calloc((size_t)n, sizeof *receivers);
    uint8_t *acks = malloc(BUFFER);
    for (int i = 0; i < n; i++) {
        receivers[i].buffer = malloc(BUFFER);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        epoll_ctl(queue, EPOLL_CTL_ADD, run->receivers[i], &event);
    }
    while (!atomic_load_explicit(&run->stop, memory_order_relaxed)) {
        struct epoll_event events[128];
        int ready = epoll_wait(queue, events, 128, 100);
        for (int i = 0; i < ready; i++) {
            receiver *r = &receivers[events[i].data.u32];
            int fd = run->receivers[events[i].data.u32];
            ssize_t got = recv(fd, r->buffer + r->used, BUFFER - r->used, MSG_DONTWAIT);
            if (got <= 0) continue;
            r->used += (size_t)got;
            size_t ack_bytes = 0;
            size_t count = take_packets(run, fd, r, acks, &ack_bytes);
            if (ack_bytes > 0) write_all(fd, acks, ack_bytes);
            if (count > 0) atomic_fetch_add_explicit(&run->delivered, count, memory_order_relaxed);
        }
    }
    for (int i = 0; i < n; i++) free(receivers[i].buffer);
    free(receivers);
    free(acks);
    close(queue);
    return NULL;
}

/// Waits until more may be on its way; returns how many.
static uint64_t allowed(run_state *run, uint64_t number, uint64_t acknowledged, uint64_t began) {
    const iot_load_options *o = &run->options;
    uint64_t out = number;
    if (o->qos == 0) {
        out -= atomic_load_explicit(&run->delivered, memory_order_relaxed) / (uint64_t)o->subscribers;
    } else {
        out -= acknowledged;
    }
    uint64_t room = out < (uint64_t)o->window ? (uint64_t)o->window - out : 0;
    if (o->rate > 0) {
        uint64_t due = (uint64_t)((double)(nanoseconds() - began) / 1e9 * o->rate);
        uint64_t late = due > number ? due - number : 0;
        if (late < room) room = late;
    }
    return room < BATCH ? room : BATCH;
}

static void *publish(void *argument) {
    run_state *run = argument;
    const iot_load_options *o = &run->options;
    size_t id_bytes = o->qos > 0 ? 2 : 0, body = 9 + id_bytes + (size_t)o->payload;
    size_t head = body < 128 ? 2 : 3, size = head + body;
    uint8_t *batch = calloc(BATCH, size);
    for (int i = 0; i < BATCH; i++) {
        uint8_t *p = batch + (size_t)i * size;
        p[0] = o->qos > 0 ? 0x32 : 0x30;
        p[1] = head == 2 ? (uint8_t)body : (uint8_t)(0x80 | (body & 0x7F));
        if (head == 3) p[2] = (uint8_t)(body >> 7);
        memcpy(p + head, "\0\7bench/t", 9);
    }
    uint64_t number = 0, acknowledged = 0, began = nanoseconds();
    uint8_t answers[4096];
    size_t partial = 0;
    while (!atomic_load_explicit(&run->stop, memory_order_relaxed)) {
        uint64_t count = allowed(run, number, acknowledged, began);
        uint64_t now = o->rate > 0 ? nanoseconds() : 0;
        for (uint64_t i = 0; i < count; i++) {
            uint8_t *p = batch + i * size + head + 9;
            number++;
            if (id_bytes > 0) {
                uint16_t id = (uint16_t)(number % 65535 + 1);
                p[0] = (uint8_t)(id >> 8);
                p[1] = (uint8_t)id;
                p += 2;
            }
            memcpy(p, &number, 8);
            memcpy(p + 8, &now, 8);
        }
        if (count > 0 && write_all(run->publisher, batch, count * size) != 0) break;
        if (count > 0) atomic_store_explicit(&run->published, number, memory_order_relaxed);
        if (o->qos > 0 && number > acknowledged) {
            ssize_t got = recv(run->publisher, answers + partial, sizeof answers - partial,
                               count == 0 && o->rate == 0 ? 0 : MSG_DONTWAIT);
            if (got > 0) {
                size_t bytes = partial + (size_t)got;
                acknowledged += bytes / 4;
                partial = bytes % 4;
                memmove(answers, answers + bytes - partial, partial);
                continue;
            }
        }
        if (count == 0) pause_briefly();
    }
    free(batch);
    return NULL;
}

static double percentile(const uint32_t *histogram, double share) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++) total += histogram[i];
    for (int i = 0; i < BUCKETS; i++) {
        seen += histogram[i];
        if ((double)seen >= share * (double)total) return (i + 1) * 10.0;
    }
    return 0;
}

static void wait_seconds(double seconds) {
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&t, NULL);
}

iot_load_result iot_load_run(int port, iot_load_options options) {
    iot_load_result result = {0};
    run_state *run = calloc(1, sizeof *run);
    run->options = options;
    run->receivers = calloc((size_t)options.subscribers, sizeof(int));
    int opened = 0;
    for (; opened < options.subscribers && result.failed == 0; opened++) {
        run->receivers[opened] = connect_client(port);
        if (run->receivers[opened] < 0) {
            result.failed = 1;
            break;
        }
        if (subscribe(run->receivers[opened], options.qos) != 0) result.failed = 2;
    }
    run->publisher = result.failed == 0 ? connect_client(port) : -1;
    if (result.failed == 0 && run->publisher < 0) result.failed = 3;
    if (result.failed == 0) {
        pthread_t receiving, publishing;
        pthread_create(&receiving, NULL, receive, run);
        pthread_create(&publishing, NULL, publish, run);
        wait_seconds(options.warmup);
        atomic_store(&run->counting, 1);
        uint64_t begin = nanoseconds(), delivered = atomic_load(&run->delivered),
                 published = atomic_load(&run->published);
        wait_seconds(options.seconds);
        double elapsed = (double)(nanoseconds() - begin) / 1e9;
        result.delivered = (double)(atomic_load(&run->delivered) - delivered) / elapsed;
        result.published = (double)(atomic_load(&run->published) - published) / elapsed;
        atomic_store(&run->stop, 1);
        shutdown(run->publisher, SHUT_RDWR);
        pthread_join(publishing, NULL);
        pthread_join(receiving, NULL);
        result.gaps = run->gaps;
        result.p50 = percentile(run->histogram, 0.5);
        result.p99 = percentile(run->histogram, 0.99);
    }
    if (run->publisher >= 0) close(run->publisher);
    for (int i = 0; i < opened; i++) close(run->receivers[i]);
    free(run->receivers);
    free(run);
    return result;
}

// A relay instead of a broker: the first connections subscribe, the last one publishes.

typedef struct {
    int listener;
    int subscribers;
} relay;

static int accept_client(const relay *r, int subscribes) {
    int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC), one = 1;
    if (fd < 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    uint8_t head[2], rest[128], connack[] = {0x20, 2, 0, 0}, suback[] = {0x90, 3, 0, 1, 0};
    if (read_exactly(fd, head, 2) != 0 || read_exactly(fd, rest, head[1] & 0x7F) != 0) return -1;
    write_all(fd, connack, sizeof connack);
    if (!subscribes) return fd;
    if (read_exactly(fd, head, 2) != 0 || read_exactly(fd, rest, head[1] & 0x7F) != 0) return -1;
    write_all(fd, suback, sizeof suback);
    return fd;
}

static void *serve_relay(void *argument) {
    relay *r = argument;
    int *targets = calloc((size_t)r->subscribers, sizeof(int));
    for (int i = 0; i < r->subscribers; i++) targets[i] = accept_client(r, 1);
    int source = accept_client(r, 0);
    uint8_t *buffer = malloc(BUFFER);
    ssize_t got;
    while (source >= 0 && (got = read(source, buffer, BUFFER)) > 0) {
        for (int i = 0; i < r->subscribers; i++) {
            if (write_all(targets[i], buffer, (size_t)got) != 0) break;
        }
    }
    free(buffer);
    close(source);
    for (int i = 0; i < r->subscribers; i++) close(targets[i]);
    free(targets);
    return NULL;
}

iot_load_result iot_load_ceiling(iot_load_options options) {
    iot_load_result failure = {.failed = 4};
    relay r = {.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
               .subscribers = options.subscribers};
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (r.listener < 0 || bind(r.listener, (struct sockaddr *)&address, size) != 0 ||
        listen(r.listener, 16) != 0 ||
        getsockname(r.listener, (struct sockaddr *)&address, &size) != 0)
        return failure;
    pthread_t thread;
    pthread_create(&thread, NULL, serve_relay, &r);
    iot_load_result result = iot_load_run(ntohs(address.sin_port), options);
    shutdown(r.listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(r.listener);
    return result;
}

// Idle connections.

static int *idle;
static int idle_count;

int iot_idle_open(int port, int count) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    idle = calloc((size_t)count, sizeof(int));
    for (idle_count = 0; idle_count < count; idle_count++) {
        idle[idle_count] = connect_client(port);
        if (idle[idle_count] < 0) break;
    }
    return idle_count;
}

void iot_idle_close(void) {
    for (int i = 0; i < idle_count; i++) close(idle[i]);
    free(idle);
    idle = NULL;
    idle_count = 0;
}
