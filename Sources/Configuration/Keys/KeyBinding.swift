internal import Models

/// To which hosts the keys of the environment may go. Pure.
///
/// A variable is bound to a host by a preset that names it, by the user's own configuration, and by the user's environment
/// (`ANTHROPIC_BASE_URL`); never by a project. A key that is bound to no host goes nowhere.
struct KeyBinding {
  /// What becomes of one provider's key.
  enum Verdict: Hashable, Sendable {
    /// It has none and needs none.
    case none
    case given(String)
    case unset(String)
    /// The variable is not bound to the provider's host.
    case withheld(String, HTTPOrigin?)
  }

  private var hosts: [String: Set<HTTPOrigin>] = [:]

  /// The presets' bindings, and those of the user's providers.
  init(own: some Sequence<ModelProvider>) {
    for provider in ModelProvider.presets { bind(provider) }
    for provider in own { bind(provider) }
  }

  private mutating func bind(_ provider: ModelProvider) {
    guard let variable = provider.keyVariable, let host = HTTPOrigin(of: provider.baseURL) else { return }
    hosts[variable, default: []].insert(host)
  }

  /// What becomes of the key of a provider as it is in the end.
  func verdict(_ provider: ModelProvider, _ environment: [String: String]) -> Verdict {
    guard let variable = provider.keyVariable else { return .none }
    let host = HTTPOrigin(of: provider.baseURL)
    guard let host, hosts[variable]?.contains(host) == true else { return .withheld(variable, host) }
    let isSet = environment[variable].map { $0.contains { !$0.isWhitespace } } ?? false
    return isSet ? .given(variable) : .unset(variable)
  }
}
