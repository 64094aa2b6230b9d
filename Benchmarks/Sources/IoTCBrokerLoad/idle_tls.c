// Idle connections over TLS: a handshake, CONNECT, CONNACK, then silence.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker_load.h"

static SSL_CTX *context;
static SSL **idle;
static int idle_count;

static SSL *connect_tls(int port, int number) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return NULL;
    // CONNECT follows the handshake's last flight: without this it waits for a delayed ACK.
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct timeval limit = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SSL *ssl = SSL_new(context);
    uint8_t packet[32] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 0};
    int length = snprintf((char *)packet + 14, 16, "tls-%d", number);
    packet[1] = (uint8_t)(12 + length);
    packet[13] = (uint8_t)length;
    uint8_t answer[4];
    if (ssl && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1 &&
        SSL_write(ssl, packet, 14 + length) == 14 + length &&
        SSL_read(ssl, answer, sizeof answer) == (int)sizeof answer && answer[0] == 0x20 &&
        answer[3] == 0)
        return ssl;
    SSL_free(ssl);
    close(fd);
    return NULL;
}

int iot_idle_open_tls(int port, int count) {
    context = SSL_CTX_new(TLS_client_method());
    if (!context) return 0;
    // The server's memory is what is measured, not whom it is.
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    idle = calloc((size_t)count, sizeof *idle);
    for (idle_count = 0; idle_count < count; idle_count++) {
        idle[idle_count] = connect_tls(port, idle_count);
        if (!idle[idle_count]) break;
    }
    return idle_count;
}

void iot_idle_close_tls(void) {
    for (int i = 0; i < idle_count; i++) {
        int fd = SSL_get_fd(idle[i]);
        SSL_free(idle[i]);
        close(fd);
    }
    free(idle);
    SSL_CTX_free(context);
    idle = NULL;
    context = NULL;
    idle_count = 0;
}
