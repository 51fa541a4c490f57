"""Serves the model file of the first argument with llama.cpp's own server, on a free port of loopback, until it is killed."""

import signal
import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_ctx = 4096
params.n_parallel = 2
params.endpoint_slots = True
params.warmup = False
# Several threads wait for each other by spinning, which takes the CPU from the server under test.
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
params.verbosity = 0
server = xllamacpp.Server(params)
print(f"listens on {server.listening_address}", flush=True)
signal.pause()
