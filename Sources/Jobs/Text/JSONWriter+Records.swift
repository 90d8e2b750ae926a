import WireText

// Members of records: what is not known is left out.
extension JSONWriter {
  mutating func field(_ key: String, _ value: String?) {
    guard let value else { return }
    self.key(key)
    string(value)
  }

  mutating func field(_ key: String, _ value: (some BinaryInteger)?) {
    guard let value else { return }
    self.key(key)
    integer(value)
  }

  mutating func field(_ key: String, _ value: Double?) {
    guard let value else { return }
    self.key(key)
    number(value)
  }

  mutating func field(_ key: String, _ value: Timestamp?) {
    guard let value else { return }
    self.key(key)
    string(value.description)
  }

  mutating func field(_ key: String, _ value: JSONText?) {
    guard let value else { return }
    self.key(key)
    raw(value.text)
  }

  mutating func field(_ key: String, _ values: [String]) {
    self.key(key)
    array { writer in for value in values { writer.string(value) } }
  }
}
