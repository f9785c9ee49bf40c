"""Hold many idle connections to a server, see what each costs it and that it still answers: idle.py PORT PID COUNT"""
import resource
import socket
import sys
import time


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def answer_ms(port):
    start = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /inline HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := client.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return (time.perf_counter() - start) * 1000


def main():
    port, pid, count = map(int, sys.argv[1:])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 100), hard))
    before = resident_kib(pid)
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    time.sleep(1)
    cost = (resident_kib(pid) - before) / count
    print(f"{len(held)} idle connections: {cost:.1f} KiB each; one more request takes {answer_ms(port):.1f} ms")


main()
