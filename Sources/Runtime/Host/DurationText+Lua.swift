internal import Jobs
internal import LuaBindings

extension DurationText {
  /// A duration as a script gives it: a number of milliseconds or a text.
  static func of(_ value: LuaValue) -> Duration? {
    if let amount = value.double { return milliseconds(amount) }
    return value.text.flatMap { parse($0) }
  }
}
