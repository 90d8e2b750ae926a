import Testing
import WireText

@testable import Models

@Suite struct MockScriptTests {
  private func decode(_ answer: MockAnswer, _ format: WireFormat) -> Decoded {
    Decoded(ReplyDecoder(format, contentType: answer.headers["content-type"]), answer.pieces.map { $0.bytes[...] })
  }

  @Test(arguments: WireFormat.allCases)
  func WhatWasScriptedIsWhatIsRead(_ format: WireFormat) throws {
    let reply = MockReply(
      [
        .thinking("let me see 👀"), .text("I look into it: äöü"),
        .toolCall(name: "read", arguments: ["path": "/a b", "n": 3]), .toolCall(name: "ls", arguments: [:]),
      ], usage: TokenUsage(input: 7, output: 30, cacheRead: 5))
    var script = MockScript([MockScript.Scene(replies: [reply, .text("done")])])
    let request = ModelRequest(model: "m", messages: [.user("go")])
    let read = try #require(decode(script.answer(request, format: format), format).reply)
    #expect(read.text == "I look into it: äöü" && read.stopReason == .toolUse && read.usage == reply.usage)
    #expect(read.toolCalls.map(\.name) == ["read", "ls"])
    #expect(try read.toolCalls.map { try $0.input() } == [["path": "/a b", "n": 3], [:]])
    guard case .thinking(let thought) = read.parts.first else { return #expect(Bool(false), "no thought") }
    #expect(thought.text == "let me see 👀")
    let second = decode(script.answer(request, format: format), format).reply
    #expect(second?.text == "done" && second?.id != read.id)
  }

  @Test(arguments: WireFormat.allCases)
  func FaultsAreFaults(_ format: WireFormat) throws {
    let failure = MockReply.Failure(status: 429, type: "rate_limit_error", retryAfter: .milliseconds(1500))
    var script = MockScript([
      MockScript.Scene(
        containing: "x",
        replies: [
          .failure(failure), MockReply([.text("half"), .cut]),
          MockReply([.text("half"), .error(type: "overloaded_error", message: "so")]), MockReply([]),
        ])
    ])
    let request = ModelRequest(model: "m", messages: [.user("x")])
    let limited = script.answer(request, format: format)
    let error = ProviderError(
      status: limited.status, headers: limited.headers, body: limited.body, now: WallTime(milliseconds: 0))
    #expect(error.kind == .rateLimited && error.retryAfter == .milliseconds(1500))
    let kinds = (0..<3).map { _ in decode(script.answer(request, format: format), format).error?.kind }
    #expect(kinds == [.truncated, .overloaded, .emptyResult])
  }

  @Test func PausesLieBeforeTheirPieces() {
    var script = MockScript([
      MockScript.Scene(replies: [MockReply([.pause(.seconds(2)), .text("a"), .pause(.seconds(1)), .text("b")])])
    ])
    let answer = script.answer(ModelRequest(model: "m", messages: [.user("q")]), format: .chat)
    #expect(answer.pieces.map(\.after).filter { $0 > .zero } == [.seconds(2), .seconds(1)])
  }

  @Test func WithoutASceneTheQuestionComesBack() {
    var script = MockScript([MockScript.Scene(containing: "never", replies: [.text("no")])])
    let request = ModelRequest(model: "m", messages: [.user("what is it?")])
    #expect(decode(script.answer(request, format: .chat), .chat).reply?.text == "(mock answer to: what is it?)")
  }
}
