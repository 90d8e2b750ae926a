import Models
import WireText

extension AgentState {
  /// The model has answered.
  mutating func answered(_ turn: ModelTurn) -> Step {
    precondition(phase == .asked, "an answer came in the phase \(phase)")
    phase = .ready
    count(turn)
    let reply = turn.reply
    let text = reply.text
    if !BoundedText.isBlank(text) { lastText = text }
    if !reply.toolCalls.isEmpty { return isLast ? outOfTurns() : calls(of: reply) }
    if reply.stopReason == .paused, pauses < 10 {
      pauses += 1
      tell(.asksAgain(.paused))
      _ = conversation.append(reply: reply.parts)
      partial += text
      return nextTurn(isExtra: true)
    }
    guard !BoundedText.isBlank(partial + text) else { return emptyAnswer() }
    _ = conversation.append(reply: reply.parts)
    partial += text
    if reply.stopReason.isCutOff {
      if reply.stopReason == .contextWindow { ceiling = min(ceiling ?? estimate, estimate) * 7 / 10 }
      if continuations < order.limits.continuations { return goOn() }
      isCutOff = true
    }
    if !steers.isEmpty, !isLast {
      partial = ""
      return nextTurn()
    }
    return finish(partial)
  }

  private mutating func count(_ turn: ModelTurn) {
    turns += 1
    usage += turn.usage
    lastCost = turn.cost
    if let price = turn.cost { cost += price } else { unpricedTurns += 1 }
    meter.counted(prompt: turn.reply.usage.prompt)
    tell(
      .turnEnded(
        TurnReport(
          number: turns, model: turn.model, usage: turn.usage, cost: turn.cost, stopReason: turn.reply.stopReason)))
  }

  private mutating func calls(of reply: ModelReply) -> Step {
    partial = ""
    continuations = 0
    wasNudged = false
    let calls = conversation.append(reply: reply.parts)
    phase = .calling(calls)
    return .call(plan(calls, isCutOff: reply.stopReason.isCutOff))
  }

  /// Tools were forbidden, and the model called one.
  private mutating func outOfTurns() -> Step {
    switch lastBecause {
    case .tokens: end(.failed(.maxTokens(limit: order.limits.tokens ?? usage.total, spent: usage.total)))
    case .cost: end(.failed(.maxCost(limit: order.limits.cost ?? cost, spent: cost)))
    case .turns, nil: end(.failed(.maxTurns(order.limits.turns)))
    }
  }

  private mutating func goOn() -> Step {
    continuations += 1
    tell(.asksAgain(.cutOff))
    conversation.append(
      user: "[Your answer was cut off at the limit of tokens. Go on exactly where it stopped, and repeat nothing.]")
    return nextTurn(isExtra: true)
  }

  private mutating func emptyAnswer() -> Step {
    if !BoundedText.isBlank(partial) {
      isCutOff = true
      return finish(partial)
    }
    guard !wasNudged else { return end(.failed(.emptyResult)) }
    wasNudged = true
    tell(.asksAgain(.empty))
    conversation.append(user: "[Your answer was empty. Give your final answer in words now.]")
    return nextTurn(isExtra: true)
  }

  /// The words are the final answer, if they fit the schema.
  private mutating func finish(_ text: String) -> Step {
    guard let answerValidator else {
      return end(.answered(text, data: FinalAnswer.whole(text).flatMap(AgentState.structured)))
    }
    let problems: [String]
    if let value = FinalAnswer.json(in: text) {
      problems = answerValidator.problems(in: value)
      if problems.isEmpty { return end(.answered(text, data: value)) }
    } else {
      problems = ["it is no JSON value"]
    }
    guard schemaAsks < order.limits.schemaRetries else { return end(.failed(.schemaInvalid(problems))) }
    schemaAsks += 1
    partial = ""
    tell(.asksAgain(.schema(problems)))
    let list = problems.prefix(10).map { "- " + $0 }.joined(separator: "\n")
    conversation.append(
      user:
        "[Your answer does not fit the JSON Schema that it has to fit:\n\(list)\nAnswer again, with the whole corrected JSON value and nothing else.]"
    )
    return nextTurn(isExtra: true)
  }

  /// A number or a word alone is an answer in words.
  private static func structured(_ value: JSONValue) -> JSONValue? {
    switch value {
    case .object, .array: value
    default: nil
    }
  }

  // MARK: No answer

  /// The model could not be asked, or did not answer.
  mutating func failed(_ failure: ModelFailure) -> Step {
    precondition(phase == .asked, "a failure came in the phase \(phase)")
    phase = .ready
    switch failure {
    case .cancelled: return end(.failed(.cancelled))
    case .anew(let model, let prompt): return restart(model, prompt)
    case .provider(let error, _):
      if let spent = error.usage { usage += spent }
      switch error.kind {
      case .emptyResult: return emptyAnswer()
      case .contextTooLong, .requestTooLarge:
        guard shortenHarder() else { return end(.failed(.model(failure))) }
        return nextTurn(isExtra: true)
      case .badRequest where order.schema != nil && sendsSchema && !definitions.isEmpty:
        // Several servers take a schema and tools, but not together.
        sendsSchema = false
        tell(.asksAgain(.schemaInPrompt))
        return nextTurn(isExtra: true)
      default: return end(.failed(.model(failure)))
      }
    case .noProvider, .unknownModel, .budget, .parked: return end(.failed(.model(failure)))
    }
  }

  private mutating func restart(_ model: RoutedModel, _ prompt: String?) -> Step {
    restarts += 1
    guard restarts <= 8 else {
      return end(.failed(.model(.noProvider("the conversation began anew eight times without an answer"))))
    }
    let words = prompt ?? order.prompt
    conversation = Conversation(prompt: words, images: order.images)
    for words in heard { conversation.append(user: words) }
    meter = TokenMeter()
    counter = CallCounter()
    window = model.window
    ceiling = nil
    tooLongs = 0
    turnsUsed = 0
    lastBecause = nil
    schemaAsks = 0
    continuations = 0
    pauses = 0
    wasNudged = false
    sendsSchema = true
    partial = ""
    isCutOff = false
    tell(.restarted(model.name, prompt: words))
    return nextTurn()
  }
}
