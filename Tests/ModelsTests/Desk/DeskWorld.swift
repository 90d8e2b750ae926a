import Testing
import WireText

@testable import Models

/// A desk whose calls a mock answers, and what its sessions were told.
struct DeskWorld {
  let desk: ModelDesk
  let notices = Log<ModelNotice>()

  init(_ scenes: [MockScript.Scene], change: (inout ModelSetup) -> Void = { _ in }) {
    var setup = ModelSetup(providers: [.anthropic, .openai], models: DeskWorld.models, mock: MockScript(scenes))
    change(&setup)
    desk = ModelDesk(setup, transport: HTTPTransport(), gateFolder: nil)
  }

  init(_ replies: MockReply..., change: (inout ModelSetup) -> Void = { _ in }) {
    self.init([MockScript.Scene(replies: replies)], change: change)
  }

  static let models: [RoutedModel] = [
    RoutedModel(
      name: ModelName(provider: "anthropic", model: "small"), tier: .fast, price: ModelPrice(input: 1, output: 5)),
    RoutedModel(
      name: ModelName(provider: "openai", model: "other"), tier: .fast, price: ModelPrice(input: 1, output: 5)),
    RoutedModel(
      name: ModelName(provider: "anthropic", model: "large"), tier: .balanced, price: ModelPrice(input: 2, output: 10)),
  ]

  static let question = ModelRequest(model: "", messages: [.user("what is it?")])

  func session(
    _ query: RouteQuery = RouteQuery(tier: "fast"), accounts: [String] = ["run"], retries: Int = 2,
    simpler: (@Sendable () async -> String?)? = nil
  ) async throws -> ModelSession {
    try await desk.session(
      query, accounts: accounts, retries: retries, simpler: simpler, tell: { [notices] in notices.add($0) })
  }

  /// The notices as words.
  var words: [String] {
    notices.items.map { notice in
      switch notice {
      case .chosen(let decision): "chosen \(decision.chosen?.name.description ?? "-")"
      case .waits(let wait): "waits \(wait.reason.rawValue)"
      case .waitsForBudget: "waits for budget"
      case .goesOn: "goes on"
      case .retries(_, let error): "retries \(error.kind.rawValue)"
      case .falls(let model, let error): "falls \(model.name) \(error.kind.rawValue)"
      case .escalates(let model, let error): "escalates \(model.name) \(error.kind.rawValue)"
      case .simplifies: "simplifies"
      case .spent(let usage, let cost, let model): "spent \(usage.total) \(cost?.description ?? "?") \(model)"
      case .budget(let account, let share): "budget \(account) \(Int(share * 100))"
      }
    }
  }
}

extension MockReply {
  static func fails(_ status: Int, _ type: String = "api_error", after: Duration? = nil) -> MockReply {
    .failure(Failure(status: status, type: type, message: type, retryAfter: after))
  }
}
