import Testing

@testable import Runtime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What holds a job's processes together: found by the kernel's tables, decided from what was found.
@Suite struct ContainmentTests {
  private static let unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  private static let hybrid = """
    31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
    32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
    41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw

    """
  private static let bound = "50 40 0:26 /docker/abc /sys/fs/my\\040cgroup ro - cgroup2 cgroup rw\n"

  @Test(arguments: [
    ("0::/user.slice/user-7.slice\n", unified, "/sys/fs/cgroup/user.slice/user-7.slice"),
    ("0::/\n", unified, "/sys/fs/cgroup"),
    ("4:memory:/job/x\n0::/\n", hybrid, "/sys/fs/cgroup/unified"),
    ("0::/docker/abc/job\n", bound, "/sys/fs/my cgroup/job"),
    ("0::/docker/abc\n", bound, "/sys/fs/my cgroup"),
  ])
  func theGroupIsFoundInTheKernelsTables(_ membership: String, _ mounts: String, _ folder: String) {
    #expect(CgroupFinding.folder(membership: membership, mounts: mounts) == .success(folder))
  }

  @Test(arguments: [
    ("4:memory:/job/x\n", unified, "this process is in no cgroup v2"),
    ("0::/../other\n", unified, "this process's cgroup lies outside of its namespace"),
    ("0::/docker/abcd\n", bound, "this process's cgroup is not mounted"),
    ("0::/\n", "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n", "no cgroup v2 is mounted"),
    ("", "", "this process is in no cgroup v2"),
    ("0::/\n", "- cgroup2\n1 2 cgroup2\n\n", "no cgroup v2 is mounted"),
  ])
  func whereThereIsNoneTheReasonIsTold(_ membership: String, _ mounts: String, _ reason: String) {
    #expect(
      CgroupFinding.folder(membership: membership, mounts: mounts) == .failure(CgroupFinding.Refusal(reason: reason)))
  }

  @Test func theStrongestMeansIsChosen() {
    let place = CgroupPlace(path: "/sys/fs/cgroup/x", controllers: ["memory", "pids"])
    let first = ContainmentSurvey(cgroup: .usable(place), hasSubreaper: true)
    #expect(first.choice == .cgroup(path: "/sys/fs/cgroup/x"))
    #expect(first.reason == "each job gets a control group of its own in /sys/fs/cgroup/x (controllers: memory, pids)")
    let second = ContainmentSurvey(cgroup: .unusable("no cgroup v2 is mounted"), hasSubreaper: true)
    #expect(second.choice == .subreaper)
    #expect(second.reason == "no control groups: no cgroup v2 is mounted")
    #expect(ContainmentSurvey(cgroup: .unusable("none"), hasSubreaper: false).choice == .sessions)
  }

  @Test func whatIsSaidOfThisProcessIsTrue() throws {
    let survey = ContainmentSurvey.current
    #if os(Linux)
      #expect(survey.hasSubreaper)
    #endif
    #expect(Containment.current == survey.choice)
    guard case .usable(let place) = survey.cgroup else { return }
    let group = "\(place.path)/agentscript-test-\(getpid())"
    #expect(mkdir(group, 0o700) == 0)
    defer { rmdir(group) }
    #expect(access(group + "/cgroup.kill", W_OK) == 0)
    #expect(access("\(place.path)/agentscript-probe-\(getpid())", F_OK) == -1)
  }
}

/// What lies on which file system.
@Suite struct MountTableTests {
  private static let table = MountTable(
    """
    21 1 8:1 / / rw - ext4 /dev/sda1 rw
    22 21 0:5 / /dev rw master:2 - devtmpfs udev rw
    23 21 0:30 / /home\\040of/me rw - nfs4 server:/x rw
    24 21 0:31 / /home\\040of/me rw - tmpfs tmpfs rw
    garbage

    """)

  @Test(arguments: [
    ("/", "ext4"), ("/usr/lib", "ext4"), ("/dev/null", "devtmpfs"), ("/devices", "ext4"), ("/home of/me/a", "tmpfs"),
  ])
  func theLastMountOnTheLongestFolderIsIt(_ path: String, _ type: String) {
    #expect(Self.table.mount(of: path)?.type == type)
  }

  @Test func theRootOfThisMachineLiesOnSomething() {
    #expect(FileSystemFacts(folder: "/")?.freeBytes ?? -1 >= 0)
    #expect(FileSystemFacts(folder: "/no/such/folder") == nil)
    #if os(Linux)
      #expect(FileSystemFacts(folder: "/")?.type.isEmpty == false)
    #endif
  }
}
