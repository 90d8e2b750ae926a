internal import Synchronization
internal import WireText

/// Asks servers which models they serve: once for all tasks that want to know, and again only after a while where nobody answered.
final class ModelFinder: Sendable {
  private struct State {
    var found: [String: [RoutedModel]] = [:]
    var silent: [String: Duration] = [:]
    var searches: [String: Task<[RoutedModel]?, Never>] = [:]
  }

  private let state = Mutex(State())
  private let transport: HTTPTransport
  /// How long a server that did not answer is left alone.
  private static let pause = Duration.seconds(10)
  /// A server of this machine answers at once, or is not there.
  private static let near = HTTPLimits(
    connect: .milliseconds(500), firstByte: .seconds(2), idle: .seconds(2), total: .seconds(3), maxBodyBytes: 4 << 20)
  private static let far = HTTPLimits(
    connect: .seconds(5), firstByte: .seconds(10), idle: .seconds(5), total: .seconds(15), maxBodyBytes: 16 << 20)

  init(transport: HTTPTransport) { self.transport = transport }

  /// The models of a server; nil if it does not answer, or not with a list of models.
  func models(of provider: ModelProvider, key: String?, prices: PriceTable) async -> [RoutedModel]? {
    let search: Task<[RoutedModel]?, Never>? = state.withLock { state in
      if state.found[provider.name] != nil { return nil }
      if let moment = state.silent[provider.name], GateFile.now() < moment + ModelFinder.pause { return nil }
      if let search = state.searches[provider.name] { return search }
      let search = Task { await self.search(provider, key, prices) }
      state.searches[provider.name] = search
      return search
    }
    guard let search else { return state.withLock { $0.found[provider.name] } }
    let models = await search.value
    state.withLock { state in
      state.searches[provider.name] = nil
      state.found[provider.name] = models
      if models == nil { state.silent[provider.name] = GateFile.now() }
    }
    return models
  }

  private func search(_ provider: ModelProvider, _ key: String?, _ prices: PriceTable) async -> [RoutedModel]? {
    guard let answer = await get(provider.modelsURL, provider, key), let found = FoundModels(answer: answer),
      !found.models.isEmpty
    else { return nil }
    var models = found.routed(provider, prices)
    if models.count == 1, models[0].window == nil, provider.isLocal {
      // llama.cpp's server tells how much of the model's window it has room for.
      let properties = await get(provider.serverURL + "/props", provider, key)
      let window = properties?["default_generation_settings"]?["n_ctx"]?.integer ?? 0
      if window > 0 { models[0].window = Int(clamping: window) }
    }
    return models
  }

  private func get(_ url: String, _ provider: ModelProvider, _ key: String?) async -> JSONValue? {
    let limits = provider.isLocal ? ModelFinder.near : ModelFinder.far
    guard let headers = try? provider.headers(key: key),
      let exchange = try? await transport.send(HTTPRequest("GET", url, headers: headers, limits: limits)),
      exchange.head.status == 200, let body = try? await exchange.collect()
    else { return nil }
    return try? JSONReader.read(body)
  }
}
