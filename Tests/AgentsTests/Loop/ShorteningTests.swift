import Models
import Testing
import WireText

@testable import Agents

@Suite(.timeLimit(.minutes(2))) struct ShorteningTests {
  /// Whatever the conversation: after shortening each call has its result, the prompt is there, and it fits, as far as the prompt and
  /// the last turn's words allow.
  @Test(arguments: 0..<200) func anyConversationStaysWhole(seed: Int) {
    var random = SeededNumbers(UInt64(seed))
    func text(_ most: Int) -> String { String(repeating: "wörd ", count: Int.random(in: 0...most, using: &random)) }
    var conversation = Conversation(prompt: "the prompt " + text(20))
    for _ in 0..<Int.random(in: 1...25, using: &random) {
      var parts: [MessagePart] = []
      if Bool.random(using: &random) { parts.append(.thinking(ModelThought(text: text(50), signature: "s"))) }
      if Bool.random(using: &random) { parts.append(.text(text(100))) }
      let calls = (0..<Int.random(in: 1...4, using: &random)).map { number in
        ToolCall(
          id: "c\(number)", name: "read",
          arguments: Bool.random(using: &random)
            ? "{\"path\":\"a\",\"content\":\"\(text(800))\"}" : "{broken" + text(300))
      }
      let named = conversation.append(reply: parts + calls.map { .toolCall($0) })
      conversation.append(results: named.map { ToolResult(callID: $0.id, text: text(3000)) })
      if Int.random(in: 0..<5, using: &random) == 0 { conversation.append(user: "steer " + text(30)) }
    }
    let before = conversation.bytes
    let target = Int.random(in: 2000...60_000, using: &random)
    _ = conversation.shorten(to: target)
    let request = ModelRequest(model: "", messages: conversation.messages)
    #expect(request.unpaired == [])
    #expect(conversation.bytes <= before + 200)
    #expect(conversation.bytes == conversation.messages.reduce(0) { $0 + Conversation.size($1) })
    guard case .text(let words)? = conversation.messages[0].parts.first else {
      Issue.record("the prompt is gone")
      return
    }
    #expect(words.hasPrefix("the prompt "))
    for (message, next) in zip(conversation.messages, conversation.messages.dropFirst()) {
      #expect(message.role != next.role)
    }
    // What is never cut: the prompt with what was kept in it, and the last turn's own words; each call and result keeps a rest.
    let last = conversation.messages.suffix(2).reduce(0) { sum, message in
      message.parts.reduce(sum) { sum, part in
        switch part {
        case .text(let text): sum + text.utf8.count + 100
        case .thinking(let thought): sum + thought.text.utf8.count + 200
        default: sum + 1400
        }
      }
    }
    #expect(conversation.bytes <= max(target, Conversation.size(conversation.messages[0]) + last))
    for message in conversation.messages {
      for case .toolCall(let call) in message.parts where !call.arguments.hasPrefix("{broken") {
        #expect((try? call.input()) != nil)
      }
    }
  }

  @Test func oldResultsAreShortenedFirst() async throws {
    let tool = AgentTool(ModelTool(name: "t", description: "", schema: [:]), kind: .reads) { input, _ in
      ToolOutcome("begin \(input["n"]?.integer ?? 0) " + String(repeating: "x", count: 8000) + " end")
    }
    let model = ScriptedModel(
      (0..<12).map { ScriptedModel.calls(("t", "{\"n\":\($0)}"), id: "c\($0)-") } + [ScriptedModel.says("done")],
      window: 20_000)
    let end = await model.run(AgentOrder(prompt: "the prompt", tools: [tool]))
    #expect(end.answer == "done")
    let last = try #require(model.requests.last)
    #expect(last.unpaired == [])
    #expect(last.messages[0].parts == [.text("the prompt")])
    var lengths: [Int] = []
    for message in last.messages {
      for case .toolResult(let result) in message.parts {
        lengths.append(result.text.utf8.count)
        #expect(result.text.hasPrefix("begin") && result.text.hasSuffix("end"))
        if result.text.utf8.count < 2000 {
          #expect(result.text.contains("bytes are left out here; call t again to see them"))
        }
      }
    }
    #expect(lengths.count == 12)
    #expect(try #require(lengths.first) < 2000 && #require(lengths.last) > 8000)
    let reports = model.events.compactMap { event in if case .shortened(let report) = event { report } else { nil } }
    #expect(!reports.isEmpty && reports.allSatisfy { $0.tokensAfter < $0.tokensBefore })
  }

  @Test func aRequestThatIsTooLongIsShortenedAndSentAgain() async throws {
    let tool = AgentTool(ModelTool(name: "t", description: "", schema: [:]), kind: .reads) { _, _ in
      ToolOutcome(String(repeating: "x", count: 20_000))
    }
    let model = ScriptedModel([
      ScriptedModel.calls(("t", "{}")), ScriptedModel.calls(("t", #"{"a":1}"#)), ScriptedModel.fails(.contextTooLong),
      ScriptedModel.fails(.contextTooLong), ScriptedModel.says("done"),
    ])
    let end = await model.run(AgentOrder(prompt: "p", tools: [tool]))
    #expect(end.answer == "done")
    let sizes = model.requests.map { $0.messages.reduce(0) { $0 + Conversation.size($1) } }
    #expect(sizes[3] < sizes[2] && sizes[4] < sizes[3])
  }

  @Test func whatCannotBeShortenedFails() async {
    let model = ScriptedModel([ScriptedModel.fails(.contextTooLong)])
    let end = await model.run(AgentOrder(prompt: String(repeating: "long ", count: 10_000)))
    #expect(end.failure == .model(.provider(ProviderError(kind: .contextTooLong, message: ""), tried: [])))
    #expect(model.requests.count == 1)
  }

  @Test func anAgentOfAThousandTurnsStaysSmallAndFast() async {
    let tool = AgentTool(ModelTool(name: "t", description: "", schema: [:]), kind: .reads) { input, _ in
      ToolOutcome(String(repeating: "x", count: 2000))
    }
    let count = 1000
    let model = ScriptedModel(
      [
        ScriptedModel.decides { request in
          let turn = request.messages.count
          if request.toolChoice == .forbidden { return ScriptedModel.turn([.text("done")]) }
          let call = ToolCall(
            id: "c", name: "t", arguments: "{\"n\":\(turn),\"r\":\(UInt64.random(in: 0...UInt64.max >> 12))}")
          let bytes = request.messages.reduce(0) { $0 + Conversation.size($1) }
          return ScriptedModel.turn([.toolCall(call)], stop: .toolUse, usage: TokenUsage(input: bytes / 4, output: 10))
        }
      ], window: 30_000)
    let clock = ContinuousClock()
    let start = clock.now
    let end = await model.run(AgentOrder(prompt: "p", tools: [tool], limits: AgentLimits(turns: count)))
    #expect(end.answer == "done")
    #expect(end.turns == count)
    // A debug build on a busy machine takes about a second.
    #expect(clock.now - start < .seconds(40))
    let largest = model.requests.map { $0.messages.reduce(0) { $0 + Conversation.size($1) } }.max() ?? 0
    #expect(largest < 100_000)
    #expect(model.requests.allSatisfy { $0.unpaired == [] })
  }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
