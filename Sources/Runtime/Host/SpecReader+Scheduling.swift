internal import LuaBindings

// When a task runs: priority, affinity, trigger_rule, when, speculative; and results of others in its texts.
extension SpecReader {
  static func readScheduling(
    _ options: inout OptionReader, _ request: inout TaskRequest, isInGroup: Bool
  ) throws(HostFailure) {
    let priority = try priority(&options)
    request.spec.priority = priority ?? Priority.normal
    request.saysPriority = priority != nil
    request.spec.affinity = try options.text("affinity")
    if request.spec.affinity == "" { throw .misuse("\(options.subject): the affinity is empty") }
    let trigger = try options.text("trigger_rule")
    request.functions.condition = try options.function("when")
    let isSpeculative = try options.flag("speculative") ?? false
    request.spec.isSpeculative = isSpeculative
    guard isInGroup else {
      for (name, isGiven) in [
        ("trigger_rule", trigger != nil), ("when", request.functions.condition != nil),
      ] where isGiven {
        throw .misuse("\(options.subject): \(name) belongs to the tasks of a task_group: it is about dependencies")
      }
      return
    }
    if let trigger {
      guard let rule = TriggerRule(rawValue: trigger) else {
        let words = TriggerRule.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw options.failure("trigger_rule", .text(trigger), "one of \(words)")
      }
      request.rule.trigger = rule
    }
    request.rule.hasCondition = request.functions.condition != nil
    request.rule.isSpeculative = isSpeculative
    if isSpeculative, request.functions.condition != nil {
      throw .misuse(
        "\(options.subject): when and speculative exclude each other: a when is asked once the dependencies have ended")
    }
  }

  /// `priority`; nil if it is not given.
  static func priority(_ options: inout OptionReader) throws(HostFailure) -> Double? {
    guard let (name, value) = try options.take("priority") else { return nil }
    let words = Priority.words.map { "\"\($0.word)\"" }.joined(separator: ", ")
    let accepted = "one of \(words), or a number from -1440 to 1440"
    if let number = value.double {
      guard Priority.range.contains(number) else { throw options.failure(name, value, accepted) }
      return number
    }
    guard case .string = value, let word = Priority.words.first(where: { $0.word == value.text }) else {
      throw options.failure(name, value, accepted)
    }
    return word.points
  }

  /// Finds the results of other tasks in the texts of a task's work. `given` are tasks beside its dependencies.
  static func readNeeds(
    _ request: inout TaskRequest, given: [String] = [], subject: String
  ) throws(HostFailure) {
    let keys = request.dependencies + given
    var templates: [NeedsTemplate?] = []
    do throws(NeedsError) {
      for text in request.spec.work.texts { templates.append(try NeedsTemplate(text, keys: keys)) }
      if case .shell = request.spec.work, let quoted = templates[0]?.quotedReference { throw .quoted(quoted.text) }
    } catch { throw .misuse("\(subject): \(error.description)") }
    guard templates.contains(where: { $0 != nil }) else { return }
    if request.rule.isSpeculative {
      throw .misuse("\(subject): a speculative task cannot use results of its dependencies: it starts before they end")
    }
    request.spec.templates = templates
  }
}
