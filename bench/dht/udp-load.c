/*
 * Pipelined questions to a DHT node over UDP, from several addresses of the loopback network in turn.
 * udp-load ping|get_peers PORT COUNT WINDOW SOURCES  ->  "replies seconds bytes" on one line.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SOURCES_MAX 64
#define HASHES 1000

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static uint32_t state = 2463534242u;
static uint32_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

static int open_socket(int number, int port) {
  int size = 4 << 20;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in own = {.sin_family = AF_INET}, other = {.sin_family = AF_INET, .sin_port = htons(port)};
  own.sin_addr.s_addr = htonl(0x7f000101u + number);
  other.sin_addr.s_addr = htonl(0x7f000001u);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (fd < 0 || bind(fd, (void *)&own, sizeof own) != 0 || connect(fd, (void *)&other, sizeof other) != 0) {
    perror("socket");
    exit(1);
  }
  return fd;
}

/* The same thousand info-hashes for every node under test. */
static int question(char *into, int get_peers, const unsigned char *id, uint32_t number) {
  int length = 0;
  memcpy(into, "d1:ad2:id20:", 12), length = 12;
  memcpy(into + length, id, 20), length += 20;
  if (get_peers) {
    uint32_t hash = next_random() % HASHES;
    memcpy(into + length, "9:info_hash20:", 14), length += 14;
    for (int i = 0; i < 20; i++) into[length + i] = ((hash + 1) * 2654435761u) >> (8 * (3 - i % 4));
    length += 20;
    memcpy(into + length, "e1:q9:get_peers1:t4:", 20), length += 20;
  } else {
    memcpy(into + length, "e1:q4:ping1:t4:", 15), length += 15;
  }
  memcpy(into + length, &number, 4), length += 4;
  memcpy(into + length, "1:y1:qe", 7);
  return length + 7;
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  int get_peers = strcmp(argv[1], "get_peers") == 0, port = atoi(argv[2]), window = atoi(argv[4]), sources = atoi(argv[5]);
  long count = atol(argv[3]), sent = 0, replies = 0, lost = 0, bytes = 0;
  struct pollfd sockets[SOURCES_MAX];
  unsigned char id[SOURCES_MAX][20];
  char buffer[2048];
  if (sources < 1 || sources > SOURCES_MAX) return 2;
  for (int i = 0; i < sources; i++) {
    sockets[i] = (struct pollfd){.fd = open_socket(i, port), .events = POLLIN};
    for (int j = 0; j < 20; j++) id[i][j] = next_random() >> 24;
  }
  double start = seconds(), last = start;
  while (replies + lost < count && seconds() - start < 60) {
    for (; sent - replies - lost < window && sent < count; sent++) {
      int source = sent % sources, length = question(buffer, get_peers, id[source], (uint32_t)sent);
      if (send(sockets[source].fd, buffer, length, 0) != length) break;
    }
    if (poll(sockets, sources, 250) < 1) {
      lost = sent - replies;
      if (seconds() - last > 5) break;
      continue;
    }
    for (int i = 0; i < sources; i++) {
      if (!(sockets[i].revents & POLLIN)) continue;
      for (int length; (length = recv(sockets[i].fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;) {
        if (memmem(buffer, length, "1:y1:r", 6) == NULL) continue;
        replies++, bytes += length, last = seconds();
      }
    }
  }
  printf("%ld %.6f %ld %ld\n", replies, last - start, bytes, lost);
}
