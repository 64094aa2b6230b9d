#ifndef IOT_BROKER_LOAD_H
#define IOT_BROKER_LOAD_H

#include <stdint.h>

#include "http_load.h"

/// What one run sends.
typedef struct {
    int qos;          // 0 or 1, on both sides
    int subscribers;  // connections that each get every message
    int window;       // QoS 1: messages without PUBACK; QoS 0: messages not yet delivered
    int payload;      // bytes, at least 16
    double warmup;    // seconds before counting
    double seconds;   // seconds of counting
    double rate;      // messages a second to publish; 0: as fast as the window lets
} iot_load_options;

/// What came out.
typedef struct {
    double delivered;  // messages a second at the subscribers
    double published;  // messages a second at the publisher
    double p50, p99;   // microseconds from publish to delivery
    uint64_t gaps;     // messages out of order or lost, of all subscribers
    int failed;        // 0, or which step did not work
} iot_load_result;

/// One publisher, one thread; all subscribers on another. MQTT 3.1.1 over TCP on loopback.
iot_load_result iot_load_run(int port, iot_load_options options);

/// The same against a relay that forwards bytes and knows no MQTT beyond the first packets: what
/// generator and sockets allow at most. QoS 0 only.
iot_load_result iot_load_ceiling(iot_load_options options);

/// Opens connections and keeps them until iot_idle_close; returns how many got their CONNACK.
int iot_idle_open(int port, int count);
void iot_idle_close(void);

/// The same over TLS; the server's certificate is not judged.
int iot_idle_open_tls(int port, int count);
void iot_idle_close_tls(void);

#endif
