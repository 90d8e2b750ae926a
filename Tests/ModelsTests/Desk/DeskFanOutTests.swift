import FoundationEssentials
import Synchronization
import Testing
import WireText

@testable import Models

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What a provider saw that turns away some of the calls that come while it is in the mood to: its own log is what counts.
final class RefusingProvider: Sendable {
  struct Visit: Sendable {
    let at: Duration
    let isRefused: Bool
    let question: String
    let bearer: String?
  }

  /// What a caller is asked to wait.
  let wait: Duration
  private let visits = Mutex<[Visit]>([])

  init(wait: Duration = .milliseconds(150)) { self.wait = wait }

  var log: [Visit] { visits.withLock { $0 } }

  /// Every second call is refused, or only every so many, up to so many.
  func answer(_ body: JSONValue, refusals: Int, every: Int = 2) -> MockAnswer {
    let question = body["messages"]?.array?.last?["content"]
    let text = question?.string ?? question?.array?.first?["text"]?.string ?? "?"
    let isRefused = visits.withLock { visits in
      let isRefused = visits.count % every == every - 1 && visits.count(where: \.isRefused) < refusals
      visits.append(Visit(at: GateFile.now(), isRefused: isRefused, question: text, bearer: nil))
      return isRefused
    }
    let request = ModelRequest(model: "m", messages: [.user(text)])
    let refusal = MockReply.Failure(status: 429, type: "rate_limit_error", message: "slow down", retryAfter: wait)
    return MockAnswer(
      isRefused ? .failure(refusal) : .text("answer to \(text)"), to: request, format: .chat, number: 1)
  }

  /// The calls that arrived while the gate was shut: within the time that a refusal had asked for, but for those that were under
  /// way when it came.
  func trespassers(allowance: Duration) -> Int {
    let log = log
    let refusals = log.filter(\.isRefused).map(\.at)
    return log.count { visit in
      refusals.contains { visit.at > $0 + allowance && visit.at < $0 + wait }
    }
  }
}

@Suite(.serialized) struct DeskFanOutTests {
  /// With few at once, what is under way when a refusal comes is soon there.
  private func setup(_ port: Int, key: String = "sk-canary-0123456789", atOnce: Int? = nil) -> ModelSetup {
    let provider = ModelProvider(name: "play", baseURL: "http://127.0.0.1:\(port)/v1", keyVariable: "PLAY_API_KEY")
    var policy = GatePolicy()
    policy.limits.concurrency = atOnce
    return ModelSetup(
      providers: [provider], keys: ["play": key],
      models: [
        RoutedModel(
          name: ModelName(provider: "play", model: "m"), tier: .fast, price: ModelPrice(input: 1, output: 5))
      ], gates: ["play": policy])
  }

  private func ask(
    _ desk: ModelDesk, _ names: [String], _ notices: Log<ModelNotice> = Log()
  ) async -> [String: Result<String, any Error>] {
    await withTaskGroup(of: (String, Result<String, any Error>).self) { group in
      for name in names {
        group.addTask {
          do {
            let session = try await desk.session(
              RouteQuery(tier: "fast"), accounts: ["run"], retries: 0, tell: { notices.add($0) })
            let request = ModelRequest(model: "", messages: [.user(name)])
            return (name, .success(try await session.turn(request).reply.text))
          } catch { return (name, .failure(error)) }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }

  @Test(.timeLimit(.minutes(4))) func TwoHundredSessionsAllFinishAndNobodyCallsAShutGate() async throws {
    let provider = RefusingProvider()
    let server = try PlayServer { _, body in (provider.answer(body, refusals: .max), .proper) }
    let setup = setup(server.port, atOnce: 20)
    let desk = ModelDesk(setup, transport: HTTPTransport(), gateFolder: nil)
    let notices = Log<ModelNotice>()
    let names = (0..<200).map { "question \($0)" }
    let answers = await ask(desk, names, notices)
    for name in names {
      guard case .success("answer to \(name)")? = answers[name] else {
        return #expect(Bool(false), "\(name): \(answers[name] as Any)")
      }
    }
    let log = provider.log
    #expect(log.count(where: \.isRefused) == 199 && log.count == 399)
    #expect(Set(log.filter { !$0.isRefused }.map(\.question)).count == 200)
    // On a busy machine a call may have been under way for longer than that; without a gate they would be hundreds.
    #expect(provider.trespassers(allowance: .milliseconds(100)) <= 4)
    #expect(desk.spent("run").calls == 200)
    let waits = notices.items.contains { if case .waits(let wait) = $0 { wait.reason == .rateLimited } else { false } }
    #expect(waits)
  }

  @Test(.timeLimit(.minutes(2))) func FiveHundredSessionsAtOnce() async throws {
    let provider = RefusingProvider()
    let server = try PlayServer { _, body in (provider.answer(body, refusals: 0), .proper) }
    let desk = ModelDesk(setup(server.port), transport: HTTPTransport(), gateFolder: nil)
    desk.setLimit(BudgetLimit(cost: Money(dollars: 100)), of: "run")
    let answers = await ask(desk, (0..<500).map { "question \($0)" })
    #expect(answers.count == 500 && desk.spent("run").calls == 500)
    #expect(answers.allSatisfy { if case .success = $0.value { true } else { false } })
  }

  @Test(.timeLimit(.minutes(2))) func TwoDesksOfOneUserShareTheGate() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "desk-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // Who heard nothing of the other's refusal would go on calling meanwhile: the calls take their time, and refusals are rare.
    let provider = RefusingProvider(wait: .milliseconds(600))
    let server = try PlayServer { _, body in
      usleep(40_000)
      return (provider.answer(body, refusals: 2, every: 20), .proper)
    }
    // Each with a transport and a file descriptor of its own, as two processes have.
    let desks = (0..<2).map { _ in
      ModelDesk(setup(server.port, atOnce: 1), transport: HTTPTransport(), gateFolder: folder)
    }
    async let first = ask(desks[0], (0..<30).map { "first \($0)" })
    async let second = ask(desks[1], (0..<30).map { "second \($0)" })
    let answers = await (first, second)
    for answer in [answers.0, answers.1].flatMap(\.values) {
      if case .failure(let error) = answer { #expect(Bool(false), "\(error)") }
    }
    #expect(provider.log.count == 62)
    #expect(provider.trespassers(allowance: .milliseconds(300)) <= 2)
    // The key is in no file's name or text.
    for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/gates") {
      let text = String(
        decoding: FileManager.default.contents(atPath: folder + "/gates/" + name) ?? Data(), as: UTF8.self)
      #expect(!name.contains("canary") && !text.contains("canary"))
    }
  }

  @Test(.timeLimit(.minutes(2))) func TwoProcessesOfOneUserShareTheGate() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "desk-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let provider = RefusingProvider()
    let server = try PlayServer { _, body in (provider.answer(body, refusals: 10), .proper) }
    func start() throws -> pid_t {
      let words = [GateProcessTests.probe, folder, String(server.port), "40"]
      var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
      defer { for argument in arguments { free(argument) } }
      var pid: pid_t = 0
      try #require(posix_spawn(&pid, words[0], nil, nil, &arguments, environ) == 0)
      return pid
    }
    for pid in [try start(), try start()] {
      var status: Int32 = 0
      waitpid(pid, &status, 0)
      #expect(status == 0)
    }
    #expect(provider.log.count == 90 && Set(provider.log.map(\.question)).count == 80)
    #expect(provider.trespassers(allowance: .milliseconds(100)) <= 2)
  }

  @Test(.timeLimit(.minutes(1))) func NoKeyIsInWhatAnybodyIsToldThoughProvidersRepeatIt() async throws {
    let key = "sk-canary-0123456789"
    let server = try PlayServer { path, body in
      let message = "the key \(key) in \(path) is not good: \(body["model"]?.string ?? "")"
      let failure = MockReply.Failure(status: 401, type: key, message: message)
      return (
        MockAnswer(.failure(failure), to: ModelRequest(model: "", messages: []), format: .chat, number: 1), .proper
      )
    }
    let setup = setup(server.port, key: key)
    let desk = ModelDesk(setup, transport: HTTPTransport(), gateFolder: nil)
    let notices = Log<ModelNotice>()
    let answers = await ask(desk, ["q"], notices)
    guard case .failure(let error)? = answers["q"] else { return #expect(Bool(false)) }
    var dumped = ""
    dump(error, to: &dumped)
    dump(notices.items, to: &dumped)
    dump(setup, to: &dumped)
    dump(desk.setup, to: &dumped)
    dumped += "\(error) \(notices.items) \(setup) \(setup as Any) \(String(reflecting: setup))"
    #expect(dumped.contains("[redacted]") && !dumped.contains("canary"))
  }
}
