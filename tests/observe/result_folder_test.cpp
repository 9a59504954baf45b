// The folder of results: whole under its name, or not there at all.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>

#include "sim/observe/columns.hpp"
#include "sim/observe/manifest.hpp"
#include "sim/observe/result_folder.hpp"
#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

namespace fs = std::filesystem;

void fill(ResultFolder& folder, const std::string& architecture) {
  RunSpec spec = small_run();
  spec.architecture = architecture;
  spec.assumptions = {{"service web", "one of " + architecture, "because", "/services"}};
  write_unhosted(spec, {{"service web", "no", "too large", "a smaller one"}}, folder.part(architecture));
}

TEST_CASE("nothing stands under the name before all is done, then every file does, in order of the parts") {
  const TemporaryFolder place;
  {
    ResultFolder folder(place.path() + "/out");
    fill(folder, "eks-ec2");
    fill(folder, "ecs-ec2");
    folder.write("manifest.json", "{}\n");
    CHECK_FALSE(fs::exists(place.path() + "/out"));
    folder.publish();
  }
  CHECK(place.content() == std::vector<std::string>{"out"});
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(place.path() + "/out")) files.push_back(entry.path().filename());
  CHECK(files.size() == result_files().size() + 3);  // summary.json, manifest.json and trace.json; no parts
  const Rows rows = read_rows(place.path() + "/out/assumptions.csv");
  REQUIRE(rows.size() == 2);
  CHECK(rows.at(0, "architecture") == "eks-ec2");
  CHECK(rows.at(1, "assumed") == "one of ecs-ec2");
  const Value summary = load_json(place.path() + "/out/summary.json");
  CHECK(summary.find("runs")->items.size() == 2);
}

TEST_CASE("an experiment that fails leaves nothing, not even the folders above that it made") {
  const TemporaryFolder place;
  try {
    ResultFolder folder(place.path() + "/made/deep/out");
    fill(folder, "ecs-ec2");
    CHECK(fs::exists(place.path() + "/made/deep"));
    throw RunError("the disk is full");
  } catch (const RunError&) {
  }
  CHECK(place.content().empty());
}

TEST_CASE("a folder above that others use meanwhile stays") {
  const TemporaryFolder place;
  {
    ResultFolder folder(place.path() + "/results/out");
    fs::create_directory(place.path() + "/results/other");
  }
  CHECK(fs::exists(place.path() + "/results/other"));
}

TEST_CASE("a target that exists is refused, and the message says how to go on") {
  const TemporaryFolder place;
  fs::create_directory(place.path() + "/out");
  for (const char* spelling : {"/out", "/out/"}) {
    try {
      ResultFolder folder(place.path() + spelling);
      FAIL("accepted");
    } catch (const InputError& error) {
      CHECK(error.parts().place == "--out " + place.path() + "/out");
      CHECK(error.parts().cure.find("--out") != std::string::npos);
      CHECK(error.parts().cure.find("rm -r") != std::string::npos);
    }
  }
  CHECK(place.content() == std::vector<std::string>{"out"});
}

TEST_CASE("a place that cannot be written is refused before anything is simulated") {
  const TemporaryFolder place;
  write_text(place.path() + "/file", "not a folder");
  CHECK_THROWS_AS(ResultFolder(place.path() + "/file/out"), InputError);
  CHECK_THROWS_AS(ResultFolder("/proc/out"), InputError);
  CHECK(place.content() == std::vector<std::string>{"file"});
}

TEST_CASE("a part without results is told by name, and nothing is published") {
  const TemporaryFolder place;
  {
    ResultFolder folder(place.path() + "/out");
    fill(folder, "ecs-ec2");
    folder.part("eks-ec2");
    CHECK_THROWS_WITH_AS(folder.publish(), doctest::Contains("eks-ec2"), RunError);
  }
  CHECK(place.content().empty());
}

TEST_CASE("a signal kills the children, removes the unfinished folder and ends the program by that signal") {
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) {
    const TemporaryFolder place;
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    const pid_t program = fork();
    if (program == 0) {
      signal(signal_number, SIG_DFL);  // whoever runs the tests may ignore it
      ResultFolder folder(place.path() + "/results/out");
      fill(folder, "ecs-ec2");
      const pid_t child = fork();
      if (child == 0) {
        for (;;) pause();
      }
      folder.remember(child);
      if (write(ready[1], &child, sizeof child) != sizeof child) _exit(1);
      for (;;) pause();
    }
    pid_t child = 0;
    REQUIRE(read(ready[0], &child, sizeof child) == sizeof child);
    kill(program, signal_number);
    int status = 0;
    waitpid(program, &status, 0);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == signal_number);
    CHECK(kill(child, 0) != 0);
    CHECK(place.content().empty());
    close(ready[0]);
    close(ready[1]);
  }
}

TEST_CASE("parts whose columns differ are not glued together") {
  const TemporaryFolder place;
  fs::create_directory(place.path() + "/1");
  fs::create_directory(place.path() + "/2");
  write_text(place.path() + "/1/x.csv", "a,b\n1,2\n");
  write_text(place.path() + "/2/x.csv", "a,c\n1,2\n");
  CHECK_THROWS_AS(merge_csv({place.path() + "/1", place.path() + "/2"}, "x", place.path() + "/x.csv"), RunError);
  write_text(place.path() + "/2/x.csv", "a,b\n3,4\n");
  merge_csv({place.path() + "/1", place.path() + "/2"}, "x", place.path() + "/x.csv");
  CHECK(read_text(place.path() + "/x.csv") == "a,b\n1,2\n3,4\n");
}

TEST_CASE("a full disk is told as a failed run") { CHECK_THROWS_AS(write_text("/dev/full", "anything"), RunError); }

TEST_CASE("a manifest knows whether anything in it has been changed, however it is laid out") {
  Manifest manifest;
  manifest.scenario = "small";
  manifest.architectures = {"ecs"};
  manifest.effective = parse_json("{\"seed\": 1, \"services\": {\"web\": {\"desired\": 4}}}", "scenario.json");
  Value v = parse_json(manifest_json(manifest), "manifest.json");
  const std::string written = v.find(kFingerprint)->text;
  CHECK(manifest_fingerprint(v) == written);
  v.find("profile")->text = "tuned";
  CHECK(manifest_fingerprint(v) != written);
  v = parse_json(manifest_json(manifest), "manifest.json");
  v.find("effective")->find("services")->find("web")->members.clear();
  CHECK(manifest_fingerprint(v) != written);
}

TEST_CASE("the manifest lists every input with its hash") {
  const TemporaryFolder place;
  write_text(place.path() + "/a.csv", "a");
  Manifest manifest;
  manifest.scenario = "small";
  manifest.version = "0.1.0";
  manifest.seed = 18446744073709551615ull;
  manifest.inputs = {place.path() + "/a.csv"};
  manifest.effective = Value::of_object(nullptr);
  const Value v = parse_json(manifest_json(manifest), "manifest.json");
  CHECK(v.find("seed")->text == "18446744073709551615");
  CHECK(v.find("inputs")->items.at(0).find("fnv1a64")->text == "af63dc4c8601ec8c");  // published value for "a"
  CHECK(fnv1a64("") == "cbf29ce484222325");
}

}  // namespace
}  // namespace berth::observe_test
