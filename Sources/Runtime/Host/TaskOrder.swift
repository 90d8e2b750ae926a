internal import LuaBindings

/// A task as the command line asks for it: the spec that a script would write, as JSON.
public struct TaskOrder: Sendable {
  private var fields = LuaTable()

  /// A task that runs a program with arguments, with no shell between.
  public init(command: [String]) { fields["command"] = .table(LuaTable(array: command.map { .text($0) })) }

  /// A task for a model agent.
  public init(prompt: String) { fields["prompt"] = .text(prompt) }

  /// Sets an option; nil leaves it out.
  public mutating func set(_ option: String, _ value: String?) { if let value { fields[option] = .text(value) } }

  /// Sets an option that is a number.
  public mutating func set(_ option: String, _ value: Int?) { if let value { fields[option] = .integer(Int64(value)) } }

  /// Sets an option that is a duration.
  public mutating func set(_ option: String, _ value: Duration?) {
    if let value { fields[option] = .number(value / .milliseconds(1)) }
  }

  /// Sets an option that is true or left out.
  public mutating func set(_ option: String, _ value: Bool) { if value { fields[option] = .boolean(true) } }

  /// Sets an option that is a table.
  public mutating func set(_ option: String, _ values: [String: String]) {
    if !values.isEmpty { fields[option] = .table(LuaTable(fields: values.map { ($0.key, .text($0.value)) })) }
  }

  /// Sets an option that is a table of numbers of bytes.
  public mutating func set(_ option: String, sizes: [String: Int?]) {
    let given = sizes.compactMap { name, value in value.map { (name, LuaValue.integer(Int64($0))) } }
    if !given.isEmpty { fields[option] = .table(LuaTable(fields: given)) }
  }

  /// The spec.
  public var json: String { LuaJSON.text(.table(fields)) }
}
