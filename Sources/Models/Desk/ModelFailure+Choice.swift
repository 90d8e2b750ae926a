extension ModelFailure {
  /// Why a decision has no model, in one sentence that says what to do.
  init(noModelIn decision: RouteDecision, of setup: ModelSetup) {
    if let unknown = decision.unknown {
      if let sentence = ModelFailure.missing(unknown, setup) {
        self = .noProvider(sentence)
      } else {
        self = .unknownModel(
          "\"\(unknown)\" is neither a model nor a tier that is known here: \(ModelFailure.known(setup))")
      }
    } else if decision.candidates.isEmpty {
      self = .noProvider(ModelFailure.nothing)
    } else {
      let lines = decision.explanation(now: ModelDesk.now()).filter { line in
        decision.candidates.contains { line.hasPrefix("\($0.model.name) ") }
      }
      self = .noProvider("no model can do this: " + lines.joined(separator: "; "))
    }
  }

  private static let nothing: String = {
    let variables = ModelProvider.presets.filter { !$0.isKeyOptional }.compactMap(\.keyVariable)
    return "no model can be called: set \(variables.dropLast().joined(separator: ", ")) or \(variables.last ?? ""), "
      + "or start a model server on this machine (Ollama, llama.cpp, LM Studio, vLLM)"
  }()

  /// What a provider lacks that a word names.
  private static func missing(_ word: String, _ setup: ModelSetup) -> String? {
    let name = word.firstIndex(of: "/").map { String(word[..<$0]) } ?? word
    if let provider = setup.provider(name) {
      guard !setup.hasKey(for: provider) else { return nil }
      return "\(word) needs a key: set \(provider.keyVariable ?? "its key")"
    }
    guard let preset = ModelProvider.preset(name) else { return nil }
    if preset.isLocal {
      let address = (setup.locals.first { $0.name == name } ?? preset).serverURL
      // An address may have a password in it.
      return "\(word) needs \(name)'s server, and none answers" + (address.contains("@") ? "" : " at \(address)")
    }
    return "\(word) needs a key: set \(preset.keyVariable ?? "its key")"
  }

  private static func known(_ setup: ModelSetup) -> String {
    let names = setup.router.models.map(\.name.description)
    let shown = names.prefix(12).joined(separator: ", ")
    if names.isEmpty { return "there are the tiers \(ModelTier.allCases.map(\.rawValue).joined(separator: ", "))" }
    return "there are \(shown)" + (names.count > 12 ? " and \(names.count - 12) more" : "")
      + ", and the tiers \(ModelTier.allCases.map(\.rawValue).joined(separator: ", "))"
  }
}
