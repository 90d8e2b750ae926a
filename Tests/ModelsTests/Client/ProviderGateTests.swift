import FoundationEssentials
import Synchronization
import Testing
import WireText

@testable import Models

@Suite struct ProviderGateTests {
  /// What a provider saw that turns every second call away.
  private final class Seen: Sendable {
    private let calls = Mutex(0)

    var count: Int { calls.withLock { $0 } }

    func answer() -> MockAnswer {
      let isRefused = calls.withLock { calls in
        calls += 1
        return calls % 2 == 1
      }
      let refusal = MockReply.Failure(status: 429, type: "rate_limit_error", retryAfter: .milliseconds(40))
      let request = ModelRequest(model: "m", messages: [.user("q")])
      return MockAnswer(isRefused ? .failure(refusal) : .text("ok"), to: request, format: .chat, number: 1)
    }
  }

  @Test(.timeLimit(.minutes(3))) func AFanOutOfTwoHundredLosesNobodyToRefusals() async throws {
    let seen = Seen()
    let server = try PlayServer { _, _ in (seen.answer(), .proper) }
    let provider = ModelProvider(name: "play", baseURL: "http://127.0.0.1:\(server.port)/v1", isKeyOptional: true)
    let client = ModelClient(transport: HTTPTransport())
    let gate = ProviderGate()
    let waits = Log<GateWait.Reason>()
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<200 {
        group.addTask {
          try await gate.run(model: "m", onWait: { waits.add($0.reason) }) {
            answering in
            let reply = try await client.ask(
              ModelRequest(model: "m", messages: [.user("q")]), of: provider, key: nil, onAnswer: answering)
            return (reply.text, reply.usage.total)
          }
        }
      }
      var answers = 0
      for try await text in group { answers += text == "ok" ? 1 : 0 }
      #expect(answers == 200)
    }
    // Each answer has one refusal before it, and nobody asked oftener than that.
    #expect(seen.count == 400)
    #expect(waits.items.contains(.rateLimited))
    #expect(gate.counts == (waiting: 0, running: 0))
  }

  @Test func WhatCannotPassIsTold() async throws {
    let gate = ProviderGate()
    let broke = ProviderError(kind: .billing, message: "no credit", status: 402)
    let first = await #expect(throws: ProviderError.self) {
      try await gate.run(model: "m") { _ -> (value: Int, tokens: Int?) in throw broke }
    }
    #expect(first == broke)
    let second = await #expect(throws: ProviderError.self) {
      try await gate.run(model: "m") { _ -> (value: Int, tokens: Int?) in
        Issue.record("a call was made of an account without credit")
        return (1, nil)
      }
    }
    #expect(second == broke)
  }

  @Test func ACallThatIsCancelledWhileItWaitsLeavesTheGateAsItWas() async throws {
    var policy = GatePolicy()
    policy.limits.concurrency = 1
    let gate = ProviderGate(policy: policy)
    let waits = AsyncStream<GateWait>.makeStream()
    let release = AsyncStream<Void>.makeStream()
    let begun = AsyncStream<Void>.makeStream()
    let holder = Task {
      try await gate.run(model: "m") { _ in
        begun.continuation.yield()
        for await _ in release.stream { break }
        return (value: 1, tokens: nil)
      }
    }
    for await _ in begun.stream { break }
    let waiter = Task {
      try await gate.run(model: "m", onWait: { waits.continuation.yield($0) }) { _ in (value: 2, tokens: nil) }
    }
    for await wait in waits.stream {
      #expect(wait.reason == .concurrency)
      break
    }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    #expect(gate.counts == (waiting: 0, running: 1))
    release.continuation.yield()
    #expect(try await holder.value == 1)
    #expect(try await gate.run(model: "m") { _ in (value: 3, tokens: nil) } == 3)
    #expect(gate.counts == (waiting: 0, running: 0))
  }

  @Test(.timeLimit(.minutes(1))) func TwoGatesOfOneFileWaitForEachOthersRefusals() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "gate-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let one = ProviderGate(file: try GateFile(folder: folder, provider: "p", key: "k"))
    let two = ProviderGate(file: try GateFile(folder: folder, provider: "p", key: "k"))
    let tries = Log<Int>()
    let refused = AsyncStream<Void>.makeStream()
    let first = Task {
      try await one.run(model: "m", onWait: { _ in refused.continuation.yield() }) { _ in
        tries.add(1)
        if tries.items.count == 1 {
          throw ProviderError(kind: .rateLimited, message: "", status: 429, retryAfter: .milliseconds(700))
        }
        return (value: ContinuousClock.now, tokens: nil)
      }
    }
    for await _ in refused.stream { break }
    let start = ContinuousClock.now
    let reasons = Log<GateWait.Reason>()
    let second = try await two.run(model: "m", onWait: { reasons.add($0.reason) }) { _ in
      (value: ContinuousClock.now, tokens: nil)
    }
    #expect(second - start > .milliseconds(400))
    #expect(reasons.items.first == .rateLimited)
    _ = try await first.value
  }
}

extension ProviderGateTests {
  @Test(.timeLimit(.minutes(1))) func CancellingAtAnyMomentLeavesNothingBehind() async throws {
    var policy = GatePolicy()
    policy.limits.concurrency = 3
    let gate = ProviderGate(policy: policy)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<300 {
        group.addTask {
          let call = Task {
            try await gate.run(model: "m") { _ in
              await Task.yield()
              if number % 7 == 0 {
                throw ProviderError(kind: .rateLimited, message: "", status: 429, retryAfter: .milliseconds(1))
              }
              return (value: (), tokens: nil)
            }
          }
          for _ in 0..<(number % 5) { await Task.yield() }
          if number % 2 == 0 || number % 7 == 0 { call.cancel() }
          _ = await call.result
        }
      }
    }
    #expect(gate.counts == (waiting: 0, running: 0))
    #expect(try await gate.run(model: "m") { _ in (value: 5, tokens: nil) } == 5)
  }
}
