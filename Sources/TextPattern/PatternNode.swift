/// A regular expression as a tree.
indirect enum PatternNode: Hashable {
  case empty
  case scalars(ScalarSet)
  case assertion(Assertion)
  case sequence([PatternNode])
  case choice([PatternNode])
  case repetition(PatternNode, least: Int, most: Int?)

  enum Assertion: Hashable { case lineStart, lineEnd, wordEdge, noWordEdge }
}

/// A set of Unicode scalars, as ranges in order that do not touch.
struct ScalarSet: Hashable {
  private(set) var ranges: [ClosedRange<UInt32>] = []
  private static let last: UInt32 = 0x10FFFF

  init() {}

  init(_ ranges: ClosedRange<UInt32>...) { for range in ranges { insert(range) } }

  init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

  mutating func insert(_ range: ClosedRange<UInt32>) {
    var low = range.lowerBound
    var high = range.upperBound
    ranges.removeAll { old in
      guard old.lowerBound <= high &+ 1, low <= old.upperBound &+ 1 else { return false }
      low = min(low, old.lowerBound)
      high = max(high, old.upperBound)
      return true
    }
    let place = ranges.firstIndex { $0.lowerBound > high } ?? ranges.endIndex
    ranges.insert(low...high, at: place)
  }

  mutating func formUnion(_ other: ScalarSet) { for range in other.ranges { insert(range) } }

  var inverted: ScalarSet {
    var result = ScalarSet()
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.ranges.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= ScalarSet.last { result.ranges.append(next...ScalarSet.last) }
    return result
  }

  func contains(_ value: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if value > ranges[middle].upperBound {
        low = middle + 1
      } else if value < ranges[middle].lowerBound {
        high = middle
      } else {
        return true
      }
    }
    return false
  }

  /// With the other case of each letter that has one of a single scalar. Ranges beyond Latin letters are left as they
  /// are: nobody writes them to be case-insensitive, and some hold a million scalars.
  var ignoringCase: ScalarSet {
    var result = self
    for range in ranges where range.lowerBound < 0x250 {
      for value in range.lowerBound...min(range.upperBound, 0x24F) {
        guard let scalar = Unicode.Scalar(value) else { continue }
        for mapping in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
          let scalars = mapping.unicodeScalars
          if scalars.count == 1, let other = scalars.first { result.insert(other.value...other.value) }
        }
      }
    }
    return result
  }

  static let digits = ScalarSet(0x30...0x39)
  static let space = ScalarSet(0x09...0x0D, 0x20...0x20)
  static let word = ScalarSet(0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A)
  static let any = ScalarSet(0...last)
}
