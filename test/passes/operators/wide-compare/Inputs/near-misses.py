# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""near-misses.py: functions with chains of tests, the first of which is a word;
each other one has something that makes it none."""

TEST = """  %p{k} = getelementptr i8, ptr %s, i64 {ps}
  %q{k} = getelementptr i8, ptr %t, i64 {k}
  %a{k} = load {volatile}i8, ptr %p{k}
  {between}
  %b{k} = load i8, ptr %q{k}
  {after}
  %c{k} = icmp eq i8 %a{k}, %b{k}
  br i1 %c{k}, label %{next}, label %{exit}, !prof !0
"""


def function(name, attributes="", step=1, volatile=None, between=None, after=None, exits=None,
             tests=2):
    print("define i32 @%s(ptr %%s, ptr %%t, ptr %%u) %s {" % (name, attributes))
    for k in range(tests):
        print("t%d:" % k)
        print(TEST.format(
            k=k, ps=step * k, volatile="volatile " if volatile == k else "",
            between="store i8 1, ptr %u" if between == k else "",
            after="call void @other()" if after == k else "",
            next="t%d" % (k + 1) if k + 1 < tests else "same",
            exit="x%d" % k if exits else "no"), end="")
    print("same:\n  ret i32 0")
    if exits:
        for k in range(tests):
            print("x%d:\n  %%r%d = %s\n  br label %%no" % (k, k, exits[k].format(k=k)))
        print("no:\n  %r = phi i32 [ %r0, %x0 ], [ %r1, %x1 ]\n  ret i32 %r")
    else:
        print("no:\n  ret i32 5")
    print("}\n")


def elsewhere():
    """The exits do the same, and go on to different blocks."""
    print("define i32 @elsewhere(ptr %s, ptr %t) {")
    for k in range(2):
        print("t%d:" % k)
        print(TEST.format(k=k, ps=k, volatile="", between="", after="",
                          next="same" if k else "t1", exit="x%d" % k), end="")
    print("same:\n  ret i32 0")
    for k in range(2):
        print("x%d:\n  %%r%d = zext i8 %%a%d to i32\n  br label %%e%d" % (k, k, k, k))
    print("e0:\n  %p = phi i32 [ %r0, %x0 ]\n  ret i32 %p\ne1:\n  %q = phi i32 [ %r1, %x1 ]\n  ret i32 %q\n}\n")


def extended():
    """The second index is extended as if it had a sign."""
    print("define i32 @extended(ptr %s, i32 %i) {")
    for k in range(2):
        print("t%d:\n  %%i%d = add i32 %%i, %d" % (k, k, k))
        print("  %%x%d = %s i32 %%i%d to i64" % (k, "sext" if k == 1 else "zext", k))
        print("  %%p%d = getelementptr i8, ptr %%s, i64 %%x%d" % (k, k))
        print("  %%a%d = load i8, ptr %%p%d" % (k, k))
        print("  %%c%d = icmp eq i8 %%a%d, 7" % (k, k))
        print("  br i1 %%c%d, label %%%s, label %%no, !prof !0" % (k, "same" if k else "t1"))
    print("same:\n  ret i32 0\nno:\n  ret i32 1\n}\n")


print('target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"')
print("declare void @other()\n")
function("fits", tests=4)
function("writes_first", after=0)
function("writes_second", between=1)
function("calls_second", after=1)
function("reads_volatile", volatile=1)
function("falls", step=-1)
function("by_two", step=2)
function("differs", exits=["zext i8 %a{k} to i32", "zext i8 %b{k} to i32"])
elsewhere()
extended()
function("watched", attributes="sanitize_address")
print('!0 = !{!"branch_weights", i32 70, i32 30}')
