import Foundation
import Jobs
import Testing

@testable import agentscript

@Suite struct CostCommandsTests {
  private let program = Program()

  private func outcome(_ calls: (model: String, input: Int, cost: Double?)...) -> JobOutcome {
    var outcome = JobOutcome.completed()
    outcome.usage = calls.reduce(into: JobUsage()) { usage, call in
      usage.addCall(
        model: call.model, inputTokens: call.input, outputTokens: 10, cacheReadTokens: 3, cacheWriteTokens: 0,
        cost: call.cost)
    }
    return outcome
  }

  @Test func costsAreListedTheDearestFirstWithTheirTotal() async throws {
    let jobs = try SampleJobs(program.state)
    try await jobs.ended("cheap", outcome(("anthropic/small", 1_234_567, 0.0042)))
    try await jobs.ended("dear", outcome(("anthropic/large\u{1B}[2J", 100, 1.5), ("mine/own", 5, nil)))
    try await jobs.ended("build")
    let result = program.run("costs")
    #expect(result.code == 0)
    #expect(result.errors == "agentscript: nobody here knows the price of one call, which is not in these sums\n")
    let rows = result.text.split(separator: "\n").map(String.init)
    try #require(rows.count == 5)
    #expect(rows[0].hasPrefix("MODEL") && !result.text.contains("\u{1B}"))
    #expect(rows[1].hasPrefix("anthropic/large\\x1b[2J") && rows[1].hasSuffix("$1.50"))
    #expect(rows[2].hasPrefix("anthropic/small") && rows[2].contains("1 234 567") && rows[2].hasSuffix("$0.0042"))
    #expect(rows[3].hasPrefix("mine/own") && rows[3].hasSuffix("?"))
    #expect(rows[4].hasPrefix("total") && rows[4].hasSuffix("$1.50?"))
    #expect(program.run("costs", "--by", "job", "--since", "1h").text.contains("\ndear "))
    #expect(program.run("costs", "--since", "2999-01-01").errors == "agentscript: no model was called\n")
    #expect(program.run("costs", "--since", "yesterday").code == 2)
    #expect(program.run("costs", "--by", "moon").code == 2)
    #expect(program.run("show", "dear").text.contains("models took   2 calls, 131 tokens, $1.50?"))
  }

  @Test func costsAreJSONForPrograms() async throws {
    let jobs = try SampleJobs(program.state)
    try await jobs.ended("one", outcome(("a/\"x\"", 100, 0.5)))
    let result = program.run("costs", "--by", "model", "--run", "last", "--json")
    let value = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any]
    let rows = try #require(value?["costs"] as? [[String: Any]])
    #expect(rows.count == 1 && rows[0]["model"] as? String == "a/\"x\"" && rows[0]["jobs"] as? Int == 1)
    #expect((rows[0]["usage"] as? [String: Any])?["cost"] as? Double == 0.5)
    #expect(((value?["total"] as? [String: Any])?["input_tokens"] as? Int) == 100)
    #expect(Program().run("costs", "--json").text.contains("\"costs\": []"))
  }
}

@Suite struct RouteCommandTests {
  @Test func theModelAndWhatFollowsAreNamed() throws {
    let program = Program(environment: [
      "ANTHROPIC_API_KEY": "sk-canary-1234567", "OPENAI_API_KEY": "sk-canary-7654321",
    ])
    let quick = program.run("route", "find", "all callers of open()")
    #expect(quick.code == 0 && quick.errors.isEmpty)
    #expect(quick.text.split(separator: "\n").first == "anthropic/claude-haiku-5-5")
    #expect(program.run("route", "--tier", "best").text.hasPrefix("anthropic/claude-opus-5-5\n"))
    #expect(program.run("route", "--model", "gpt-5-mini").text.hasPrefix("openai/gpt-5-mini\n"))
    let explained = program.run("route", "--tier", "fast", "--explain")
    #expect(
      explained.text.contains("the task asks for the tier fast\nanthropic/claude-haiku-5-5 is chosen (order, $0.10 in"))
    #expect(explained.text.contains("anthropic/claude-haiku-4-5 may cost more, and nobody named it"))
    let json = program.run("route", "--tier", "fast", "--json")
    let value = try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any]
    #expect(value?["model"] as? String == "anthropic/claude-haiku-5-5" && value?["tier"] as? String == "fast")
    #expect((value?["candidates"] as? [[String: Any]])?.first?["window"] as? Int == 1_000_000)
    for result in [quick, explained, json] { #expect(!result.text.contains("canary")) }
  }

  @Test func theConfigurationCounts() throws {
    let program = Program(environment: ["ANTHROPIC_API_KEY": "k"])
    let folder = program.folder + "/.config/agentscript"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    program.write(".config/agentscript/config.lua", #"return { router = { aliases = { clever = "best" } } }"#)
    #expect(program.run("route", "--model", "clever").text == "anthropic/claude-opus-5-5\n")
    program.write(".config/agentscript/config.lua", "return { rooter = {} }")
    let wrong = program.run("route", "--tier", "fast")
    #expect(wrong.code == 2 && wrong.errors.contains("rooter"))
  }

  @Test func withoutAnyModelItSaysWhatToSet() {
    // Nobody listens on port 1.
    let program = Program(environment: ["OLLAMA_HOST": "127.0.0.1:1"])
    let named = program.run("route", "--model", "anthropic/claude-opus-5-5")
    #expect(named.code == 1)
    #expect(named.errors == "agentscript: anthropic/claude-opus-5-5 needs a key: set ANTHROPIC_API_KEY\n")
    let absent = program.run("route", "--model", "ollama/qwen3", "--json")
    #expect(absent.code == 1 && absent.text.contains("\"model\": null"))
    #expect(absent.errors.contains("ollama/qwen3 needs ollama's server, and none answers"))
  }
}
