#include "shared/model/image_name.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

TEST(ImageName, IsTakenApartAsDockerDoes) {
  using R = ImageReference;
  EXPECT_EQ(parse_image_reference("busybox"), (R{"busybox", "latest"}));
  EXPECT_EQ(parse_image_reference("busybox:1.36"), (R{"busybox", "1.36"}));
  EXPECT_EQ(parse_image_reference("host:5000/team/app"), (R{"host:5000/team/app", "latest"}));
  EXPECT_EQ(parse_image_reference("host:5000/team/app:v2"), (R{"host:5000/team/app", "v2"}));
  EXPECT_EQ(parse_image_reference("app@sha256:ab"), (R{"app", "sha256:ab"}));
  EXPECT_EQ(parse_image_reference("host:5000/app:v2@sha256:ab"), (R{"host:5000/app", "sha256:ab"}));
}

TEST(ImageName, ItsRegistryIsTheFirstPartIfThatLooksLikeAHost) {
  EXPECT_EQ(registry_of("busybox"), "docker.io");
  EXPECT_EQ(registry_of("team/train:1.4"), "docker.io");
  EXPECT_EQ(registry_of("registry.example.com/team/train:1.4"), "registry.example.com");
  EXPECT_EQ(registry_of("box:5000/train"), "box:5000");
  EXPECT_EQ(registry_of("localhost/train"), "localhost");
  EXPECT_EQ(registry_of("busybox:1.36"), "docker.io");
}

TEST(ImageName, AllWaysToWriteOneImageAreOneName) {
  for (const auto* way : {"busybox", "busybox:latest", "library/busybox", "docker.io/busybox",
                          "index.docker.io/library/busybox:latest"})
    EXPECT_EQ(full_image_name(way), "docker.io/library/busybox:latest") << way;
  EXPECT_EQ(full_image_name("team/train:1.4"), "docker.io/team/train:1.4");
  EXPECT_EQ(full_image_name("box:5000/train"), "box:5000/train:latest");
  EXPECT_EQ(full_image_name("box:5000/train:v2@sha256:ab"), "box:5000/train@sha256:ab");
}

}  // namespace
}  // namespace berth
