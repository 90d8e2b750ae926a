internal import Models

/// What a setting may be.
indirect enum SettingShape: Sendable {
  case flag
  case whole(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  case duration
  case text(TextRule)
  case choice([String])
  /// A list of texts, or one text.
  case texts(TextRule)
  /// A table with these names and no others.
  case record([KnownSetting])
  /// A table with names of one's own.
  case named(TextRule, SettingShape)
  /// A list of records, each known by one of its texts.
  case items(by: String, [KnownSetting])
  /// One answer, or answers by pattern.
  case rules
  /// Texts by names of one's own, taken as they are.
  case pairs

  /// What a text may be.
  enum TextRule: Sendable {
    case any
    /// A variable of the environment.
    case variable
    /// Letters, digits, `-`, `_`: a provider, an agent, a server.
    case name
    /// `provider/model`.
    case model
    /// Where a provider is.
    case url
    /// A glob over names.
    case pattern
  }
}

/// What a project may do to a setting that the user, or nobody, has set.
enum Narrowing: Sendable {
  /// Set it where the user has not.
  case own
  /// Set it.
  case free
  /// Make it smaller, or set one where there is no limit.
  case smaller
  /// Ask for a lesser tier.
  case lesserTier
  /// Turn it off.
  case off
  /// Set it to this value.
  case only(String)
  /// Add to it.
  case more
  /// Nothing.
  case never
}

/// A name that is known, and what it stands for.
struct KnownSetting: Sendable {
  let name: String
  let shape: SettingShape
  let narrowing: Narrowing
  /// What holds where nobody says anything; nil for nothing.
  let usual: SettingValue?

  init(_ name: String, _ shape: SettingShape, _ narrowing: Narrowing = .own, usual: SettingValue? = nil) {
    self.name = name
    self.shape = shape
    self.narrowing = narrowing
    self.usual = usual
  }
}

/// The value of one setting, checked.
enum SettingValue: Hashable, Sendable {
  case flag(Bool)
  case whole(Int)
  case number(Double)
  /// The duration, and as it was written.
  case duration(Duration, String)
  case text(String)
  case texts([String])

  /// As Lua would write it.
  var shown: String {
    switch self {
    case .flag(let flag): "\(flag)"
    case .whole(let number): "\(number)"
    case .number(let number): number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    case .duration(_, let text): LuaLiteral.quoted(text)
    case .text(let text): LuaLiteral.quoted(text)
    case .texts(let texts): texts.isEmpty ? "{}" : "{ " + texts.map(LuaLiteral.quoted).joined(separator: ", ") + " }"
    }
  }

  var text: String? { if case .text(let text) = self { text } else { nil } }
  var texts: [String]? { if case .texts(let texts) = self { texts } else { nil } }
  var whole: Int? { if case .whole(let number) = self { number } else { nil } }
  var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }
  var duration: Duration? { if case .duration(let duration, _) = self { duration } else { nil } }

  /// Any number, also a duration in seconds: what can be compared.
  var amount: Double? {
    switch self {
    case .whole(let number): Double(number)
    case .number(let number): number
    case .duration(let duration, _):
      Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    default: nil
    }
  }
}
