import Testing
import WireText

@testable import Models

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// llmock's own verdict on a desk has to be PASS, whatever it does.
@Suite(.serialized, .enabled(if: LlmockServer.isInstalled, "llmock is not installed: run scripts/peers"))
struct DeskLlmockTests {
  /// With a second model behind the first, where that may help.
  private func desk(_ server: LlmockServer, _ format: WireFormat, hasFallback: Bool) -> ModelDesk {
    let name = format == .chat ? "gpt-5" : "claude-sonnet-4-5"
    var setup = ModelSetup(providers: [server.provider(format)], keys: ["llmock": "sk-test"])
    // The one behind the other is the same server under another name.
    var other = server.provider(format)
    other.name = "other"
    setup.providers.append(other)
    setup.keys["other"] = "sk-test"
    setup.router = RouterConfiguration(
      models: (hasFallback ? ["llmock", "other"] : ["llmock"]).map {
        RoutedModel(name: ModelName(provider: $0, model: name), tier: .fast, price: ModelPrice(input: 1, output: 5))
      })
    setup.limits = HTTPLimits(idle: .seconds(5))
    return ModelDesk(setup, transport: HTTPTransport(), gateFolder: nil)
  }

  /// A task as an agent does it: what has to begin anew begins anew.
  private func ask(_ desk: ModelDesk, retries: Int, _ notices: Log<ModelNotice>) async throws -> ModelTurn {
    let session = try await desk.session(
      RouteQuery(tier: "fast"), accounts: ["run"], retries: retries,
      tell: { notice in
        notices.add(notice)
        // llmock takes a call for the next attempt only if it has seen the end of the one before, and a fallback, which is sent at
        // once, may overtake our hanging up.
        if case .falls = notice { usleep(300_000) }
      })
    while true {
      do {
        return try await session.turn(ModelRequest(model: "", messages: [.user("say something")]))
      } catch {
        guard case .anew = error else { throw error }
      }
    }
  }

  /// All at once, because most of the time is spent waiting.
  @Test(.timeLimit(.minutes(5))) func EachFaultIsTakenAsItShould() async throws {
    try await withThrowingTaskGroup { group in
      for format in WireFormat.allCases {
        for retries in [2, 0] { group.addTask { try await takeEachFault(format, retries: retries) } }
      }
      try await group.waitForAll()
    }
  }

  private func takeEachFault(_ format: WireFormat, retries: Int) async throws {
    let server = try await LlmockServer()
    for (fault, kind) in LlmockServer.faults {
      let place = "\(fault) on \(format) with \(retries) retries"
      try await server.control("POST", "/_llmock/reset")
      let accepted = try await server.control("POST", "/_llmock/scenario", ["behaviors": [fault]])
      #expect(!accepted.contains("\"error\""), "\(place): \(accepted)")
      let notices = Log<ModelNotice>()
      // Both are one server to llmock: it would take a call of the other for a retry of what no retry mends.
      let desk = desk(server, format, hasFallback: kind == nil)
      do {
        let turn = try await ask(desk, retries: retries, notices)
        #expect(!turn.reply.text.isEmpty && turn.reply.stopReason == .endOfTurn && kind != .badRequest)
        #expect(turn.usage.total > 0 && desk.spent("run").cost > .zero)
      } catch let failure as ModelFailure {
        guard case .provider(let error, _) = failure else { throw failure }
        #expect(error.kind == kind, "\(place)")
      }
      let verdict = try await server.control("GET", "/_llmock/verdict?format=text")
      #expect(verdict.contains("PASS") && !verdict.contains("FAIL"), "\(place): \(verdict)")
      #expect(verdict.contains("1 fault(s) injected"), "\(place): \(verdict)")
    }
  }
}
