/// An amount of money in whole millionths of a millionth of a dollar: prices of tokens are small, and sums of them must come
/// out the same in any order, which fractions do not.
///
/// Sums that do not fit stay at the largest amount, nine million dollars.
public struct Money: Hashable, Sendable, Comparable {
  /// Millionths of a millionth of a dollar.
  public var picodollars: Int64

  /// An amount in its smallest unit.
  public init(picodollars: Int64) { self.picodollars = picodollars }

  /// An amount in dollars, rounded; nil for what is no number or does not fit.
  public init?(dollars: Double) {
    guard dollars.isFinite, abs(dollars) < 9e6 else { return nil }
    picodollars = Int64((dollars * 1e12).rounded())
  }

  /// Nothing.
  public static let zero = Money(picodollars: 0)
  private static let most = Money(picodollars: .max)

  /// The amount in dollars, for people and scripts.
  public var dollars: Double { Double(picodollars) / 1e12 }

  /// The smaller amount is the lesser.
  public static func < (left: Money, right: Money) -> Bool { left.picodollars < right.picodollars }

  /// The sum.
  public static func + (left: Money, right: Money) -> Money {
    let (sum, overflow) = left.picodollars.addingReportingOverflow(right.picodollars)
    return overflow ? most : Money(picodollars: sum)
  }

  /// The difference; negative for what is owed.
  public static func - (left: Money, right: Money) -> Money {
    let (difference, overflow) = left.picodollars.subtractingReportingOverflow(right.picodollars)
    return overflow ? most : Money(picodollars: difference)
  }

  /// Adds an amount.
  public static func += (left: inout Money, right: Money) { left = left + right }

  /// So many times the amount; counts below zero are zero.
  public static func * (amount: Money, count: Int) -> Money {
    let (product, overflow) = amount.picodollars.multipliedReportingOverflow(by: Int64(max(count, 0)))
    return overflow ? most : Money(picodollars: product)
  }
}

extension Money: CustomStringConvertible {
  /// Dollars with two decimals, and with as many as an amount below ten cents needs for two figures: `$12.30`, `$0.0042`.
  public var description: String {
    if picodollars < 0 { return "-" + Money(picodollars: -max(picodollars, -.max)).description }
    var decimals = 2
    var unit: Int64 = 10_000_000_000
    while unit > 1, picodollars > 0, picodollars < unit * 10 {
      unit /= 10
      decimals += 1
    }
    let rounded = picodollars / unit + (picodollars % unit * 2 >= unit ? 1 : 0)
    var scale: Int64 = 1
    for _ in 0..<decimals { scale *= 10 }
    let fraction = String(rounded % scale)
    return "$\(rounded / scale).\(String(repeating: "0", count: decimals - fraction.utf8.count))\(fraction)"
  }
}
