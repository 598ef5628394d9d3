# Every service as an image for both platforms, with its labels:
#
#   docker buildx bake -f docker/docker-bake.hcl --print
#   VERSION=0.1.0 IMAGE_PREFIX=ghcr.io/owner/ REVISION=$(git rev-parse HEAD) \
#     SOURCE=https://github.com/owner/name docker buildx bake -f docker/docker-bake.hcl --push
#
# Run from the root of the repository. One platform alone: --set '*.platform=linux/amd64'.

# Before the names of the images, up to and with the last slash.
variable "IMAGE_PREFIX" { default = "" }
variable "VERSION" { default = "0.0.0" }
# The commit, and where the sources are.
variable "REVISION" { default = "" }
variable "SOURCE" { default = "" }
# When, in RFC 3339 and UTC.
variable "CREATED" { default = timestamp() }
# Cargo features: see the Dockerfile.
variable "FEATURES" { default = "tls" }

variable "DESCRIPTIONS" {
  default = {
    trades               = "Publishes trades to Kafka, exactly once: from Kraken, a recording, or a synthetic market"
    candles              = "Turns a Kafka topic of trades into candles, exactly once"
    technical-indicators = "Turns a Kafka topic of candles into technical indicators, exactly once"
  }
}

group "default" {
  targets = ["service"]
}

target "service" {
  name       = service
  matrix     = { service = ["trades", "candles", "technical-indicators"] }
  context    = "."
  dockerfile = "docker/Dockerfile"
  platforms  = ["linux/amd64", "linux/arm64"]
  tags       = ["${IMAGE_PREFIX}${service}:${VERSION}.${formatdate("YYYYMMDD'T'hhmmss'Z'", CREATED)}"]
  args = {
    SERVICE     = service
    DESCRIPTION = DESCRIPTIONS[service]
    SOURCE      = SOURCE
    REVISION    = REVISION
    VERSION     = VERSION
    CREATED     = CREATED
    FEATURES    = FEATURES
  }
}
