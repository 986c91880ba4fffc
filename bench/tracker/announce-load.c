/*
 * Pipelined announces (BEP 15) to a UDP tracker from one socket: a thousand torrents, random ports, half of them seeders.
 * announce-load PORT COUNT WINDOW SEED [SECONDS]  ->  "answers seconds bytes errors lost cpu-seconds" on one line.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define TORRENTS 1000

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static uint32_t state;
static uint32_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

static void put32(unsigned char *into, uint32_t value) {
  value = htonl(value);
  memcpy(into, &value, 4);
}

/* The same thousand info-hashes as in announce.lua and in the list that opentracker gets. */
static void hash_of(uint32_t torrent, unsigned char *into) {
  for (int i = 0; i < 20; i++) into[i] = ((torrent + 1) * 2654435761u >> 8 * (3 - i % 4)) + 37 * i;
}

static void connect_to(int fd, unsigned char *id) {
  unsigned char question[16] = {0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80}, answer[64];
  struct pollfd waits = {fd, POLLIN, 0};
  for (int i = 0; i < 10; i++) {
    send(fd, question, sizeof question, 0);
    if (poll(&waits, 1, 300) == 1 && recv(fd, answer, sizeof answer, 0) == 16) {
      memcpy(id, answer + 8, 8);
      return;
    }
  }
  fprintf(stderr, "no answer to the connect\n");
  exit(1);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  long count = atol(argv[2]), sent = 0, answers = 0, errors = 0, lost = 0, bytes = 0;
  int window = atoi(argv[3]), size = 4 << 20, fd = socket(AF_INET, SOCK_DGRAM, 0);
  double limit = argc > 5 ? atof(argv[5]) : 60;
  state = 2463534242u + 7919u * atoi(argv[4]);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  to.sin_addr.s_addr = htonl(0x7f000001u);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (fd < 0 || connect(fd, (void *)&to, sizeof to) != 0) return 1;
  unsigned char question[98] = {0}, answer[2048];
  connect_to(fd, question);
  question[11] = 1, question[83] = 2, question[95] = 50;
  memcpy(question + 36, "-XX0001-", 8);
  struct pollfd waits = {fd, POLLIN, 0};
  double start = seconds(), last = start;
  while (answers + errors + lost < count && seconds() - start < limit) {
    for (; sent - answers - errors - lost < window && sent < count; sent++) {
      hash_of(next_random() % TORRENTS, question + 16);
      put32(question + 12, sent), put32(question + 44, next_random());
      put32(question + 68, next_random() & 1 ? 1000 : 0);
      uint16_t port = htons(1024 + next_random() % 60000);
      memcpy(question + 96, &port, 2);
      if (send(fd, question, sizeof question, 0) != sizeof question) break;
    }
    if (poll(&waits, 1, 250) < 1) {
      lost = sent - answers - errors;
      continue;
    }
    for (int length; (length = recv(fd, answer, sizeof answer, MSG_DONTWAIT)) > 0; last = seconds(), bytes += length) {
      if (length >= 20 && answer[3] == 1) answers++;
      else errors++;
    }
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("%ld %.6f %ld %ld %ld %.3f\n", answers, last - start, bytes, errors, lost, cpu);
}
