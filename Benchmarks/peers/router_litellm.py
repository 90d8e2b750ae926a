"""What one decision of LiteLLM's router takes: the counterpart of RouterCost, with the same report.

    router_litellm.py [DECISIONS]
"""
import json, logging, os, sys, time

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
logging.disable(logging.CRITICAL)
import litellm
from litellm import Router

count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
GROUPS = {
    "fast": ["anthropic/claude-haiku-4-5", "openai/gpt-5-mini", "openai/llama-3.3-70b", "openai/deepseek-v3", "openai/smollm2",
             "openai/qwen3"],
    "balanced": ["anthropic/claude-sonnet-4-5", "openai/gpt-5", "openai/nemotron", "openai/qwen3-coder"],
    "best": ["anthropic/claude-opus-4-5", "openai/gpt-5-pro"],
}
router = Router(
    model_list=[{"model_name": group, "litellm_params": {"model": model, "api_key": "none", "api_base": "http://127.0.0.1:1/v1",
                                                         "rpm": 100000}}
                for group, models in GROUPS.items() for model in models],
    model_group_alias={"smart": "best"}, routing_strategy="least-busy", fallbacks=[{"fast": ["balanced"]}])
queries = [(name, [{"role": "user", "content": "Which modules did this release touch?"}]) for name in ("fast", "smart", "balanced")]


times = []
for index in range(count + 200):
    name, messages = queries[index % len(queries)]
    start = time.perf_counter_ns()
    router.get_available_deployment(model=name, messages=messages)
    if index >= 200:
        times.append((time.perf_counter_ns() - start) / 1000)
times.sort()
print(json.dumps({"router": "litellm", "decisions": count, "mean_us": round(sum(times) / count, 3),
                  "p50_us": round(times[count // 2], 3), "p99_us": round(times[count * 99 // 100], 3)}))
