import CProcess

/// What was found out about the means of containment, and what follows from it.
public struct ContainmentSurvey: Sendable, Hashable {
  /// Whether control groups can be used.
  public let cgroup: CgroupFinding
  /// Whether this system has sub-reapers.
  public let hasSubreaper: Bool

  /// A survey as given; decides, and asks nothing.
  public init(cgroup: CgroupFinding, hasSubreaper: Bool) {
    self.cgroup = cgroup
    self.hasSubreaper = hasSubreaper
  }

  /// The survey of this process, made at the first call.
  public static let current = ContainmentSurvey(
    cgroup: CgroupFinding.ofThisProcess(), hasSubreaper: cprobe_subreaper() == 1)

  /// The strongest means of those that can be used.
  public var choice: Containment {
    switch cgroup {
    case .usable(let place): .cgroup(path: place.path)
    case .unusable: hasSubreaper ? .subreaper : .sessions
    }
  }

  /// A part of a sentence: what is in force, or why nothing stronger is.
  public var reason: String {
    switch (cgroup, choice) {
    case (.usable(let place), _):
      "each job gets a control group of its own in \(place.path)"
        + (place.controllers.isEmpty ? "" : " (controllers: \(place.controllers.joined(separator: ", ")))")
    case (.unusable(let why), .sessions): "\(why), and this system has no sub-reapers"
    case (.unusable(let why), _): "no control groups: \(why)"
    }
  }
}
