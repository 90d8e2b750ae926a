// What one decision of the router takes, over a configuration as a user with six providers has it, and tasks of every kind: the
// counterpart of peers/router_litellm.py, with the same report.
//
//     RouterCost [DECISIONS]

import Models

/// The configuration, and what has happened so far.
private func world() -> (Router, RouterHistory) {
  func price(_ input: Double, _ output: Double) -> ModelPrice {
    ModelPrice(input: input, output: output)
  }
  let models: [(String, String, ModelTier, ModelPrice?)] = [
    ("anthropic", "claude-haiku-5-5", .fast, price(0.1, 0.5)),
    ("anthropic", "claude-sonnet-5-5", .balanced, price(2, 10)),
    ("anthropic", "claude-opus-5-5", .best, price(4, 20)), ("openai", "gpt-5.6-luna", .fast, price(0.2, 1.2)),
    ("openai", "gpt-5.6-terra", .balanced, price(2, 12)), ("openai", "gpt-5.6", .best, price(4, 20)),
    ("nvidia", "nvidia/llama-3.1-nemotron-70b-instruct", .balanced, nil), ("nvidia", "meta/llama-3.3-70b", .fast, nil),
    ("openrouter", "qwen/qwen3-coder", .balanced, price(0.3, 1.2)),
    ("openrouter", "deepseek/deepseek-v3", .fast, price(0.2, 0.8)),
    ("llamacpp", "smollm2", .fast, price(0, 0)), ("ollama", "qwen3:8b", .fast, price(0, 0)),
  ]
  var configuration = RouterConfiguration(
    models: models.map { provider, name, tier, price in
      RoutedModel(name: ModelName(provider: provider, model: name), tier: tier, price: price, window: 200_000)
    })
  configuration.aliases = ["smart": "anthropic/claude-opus-5-5", "local": "llamacpp/smollm2"]
  configuration.strategy = .leastBusy
  configuration.escalates = true
  var history = RouterHistory()
  for (index, model) in configuration.models.enumerated() {
    history.began(model.name)
    if index % 3 == 0 { history.answered(model.name, firstWord: .milliseconds(200 + 10 * index)) }
  }
  let failing = configuration.models[3].name
  for _ in 0..<3 {
    history.began(failing)
    history.failed(failing, .server, now: .seconds(1000), rule: configuration.coolDown)
  }
  let usable: Set<String> = ["anthropic", "openai", "nvidia", "openrouter", "llamacpp"]
  return (Router(configuration: configuration, usable: usable), history)
}

private let queries = [
  RouteQuery(tier: "fast", prompt: "Which modules did this release touch?", needsTools: true, tokens: 4000),
  RouteQuery(model: "smart", prompt: "Decide.", fallbacks: ["gpt-5.6", "claude-sonnet-5-5"], tokens: 12_000),
  RouteQuery(agent: "Explore", prompt: "Find where the registry is opened.", needsTools: true, tokens: 3000),
  RouteQuery(kind: "review", prompt: "Review this change for errors.", tokens: 30_000),
  RouteQuery(
    prompt:
      "Compare the two designs step by step, weigh their risks, and say which of them to build and why. "
      + "Take the migration of old data into account, and name what has to be measured first.", tokens: 2000),
  RouteQuery(model: "anthropic/claude-haiku-5-5", prompt: "Summarise.", needsImages: true, tokens: 150_000),
]

@main struct RouterCost {
  static func main() {
    let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100_000
    let (router, history) = world()
    let clock = ContinuousClock()
    var times: [Duration] = []
    times.reserveCapacity(count)
    var chosen = 0
    for index in 0..<(count + 1000) {
      let query = queries[index % queries.count]
      let start = clock.now
      let decision = router.decide(query, history: history, now: .seconds(1001))
      let time = clock.now - start
      if decision.chosen != nil { chosen += 1 }
      // The first thousand warm the caches.
      if index >= 1000 { times.append(time) }
    }
    times.sort()
    func microseconds(_ time: Duration) -> Double { Double(Int(time / .nanoseconds(1))) / 1000 }
    let mean = microseconds(times.reduce(.zero, +)) / Double(count)
    print(
      """
      {"router": "agentscript", "decisions": \(count), "chosen": \(chosen), "mean_us": \((mean * 1000).rounded() / 1000), \
      "p50_us": \(microseconds(times[count / 2])), "p99_us": \(microseconds(times[count * 99 / 100]))}
      """)
  }
}
