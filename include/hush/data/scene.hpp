#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <hush/check.hpp>
#include <hush/images.hpp>

namespace hush::data {

/// The shape of an object in a scene; its number is that of the shape in iCLEVR's labels.
enum class SceneShape { cube, sphere, cylinder };

/// One object on the floor of a scene: its shape, colour (0..255 each), centre of its base, half its width, and the
/// rotation (cosine, sine) of a cube. Lengths are those of CLEVR: objects have radii .35 to .7, and lie within 3 of the
/// origin.
struct SceneObject {
  SceneShape shape = SceneShape::sphere;
  std::array<std::uint8_t, 3> colour{};
  double x = 0, y = 0, radius = .5, cosine = 1, sine = 0;
};

namespace detail {

struct Vec3 {
  double x = 0, y = 0, z = 0;
  friend constexpr Vec3 operator+(const Vec3& a, const Vec3& b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend constexpr Vec3 operator-(const Vec3& a, const Vec3& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend constexpr Vec3 operator*(double s, const Vec3& a) { return {s * a.x, s * a.y, s * a.z}; }
  friend constexpr double dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
  friend constexpr Vec3 cross(const Vec3& a, const Vec3& b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
  }
  friend Vec3 unit(const Vec3& a) { return 1 / std::sqrt(dot(a, a)) * a; }
};

/// Points from + t * along, t > 0.
struct Ray {
  Vec3 from, along;
  constexpr Vec3 at(double t) const { return from + t * along; }
};

/// The first intersection of a ray: its distance, and the surface's normal there.
struct Hit {
  double t = std::numeric_limits<double>::infinity();
  Vec3 normal{};
};

constexpr double nearest_hit = 1e-6;  // a nearer hit is the surface that the ray starts from

/// Half the edge of a cube whose object has that radius: CLEVR's cubes are as wide as its spheres at their diagonal.
inline double half_edge(double radius) { return radius * std::sqrt(.5); }

inline double height_of(const SceneObject& object) {
  return 2 * (object.shape == SceneShape::cube ? half_edge(object.radius) : object.radius);
}

inline Hit meets_sphere(const SceneObject& object, const Ray& ray) {
  const Vec3 to = ray.from - Vec3{object.x, object.y, object.radius};
  const double b = dot(to, ray.along), rest = b * b - dot(to, to) + object.radius * object.radius;
  if (rest <= 0) return {};
  const double t = -b - std::sqrt(rest);
  if (t < nearest_hit) return {};
  return {t, 1 / object.radius * (to + t * ray.along)};
}

inline Hit meets_cylinder(const SceneObject& object, const Ray& ray) {
  const double px = ray.from.x - object.x, py = ray.from.y - object.y, top = height_of(object);
  Hit hit;
  const double a = ray.along.x * ray.along.x + ray.along.y * ray.along.y, b = px * ray.along.x + py * ray.along.y;
  const double rest = b * b - a * (px * px + py * py - object.radius * object.radius);
  if (a > 0 && rest > 0) {
    const double t = (-b - std::sqrt(rest)) / a, z = ray.at(t).z;
    if (t >= nearest_hit && z >= 0 && z <= top)
      hit = {t, 1 / object.radius * Vec3{px + t * ray.along.x, py + t * ray.along.y, 0}};
  }
  if (ray.along.z != 0) {
    const double t = (top - ray.from.z) / ray.along.z, x = px + t * ray.along.x, y = py + t * ray.along.y;
    if (t >= nearest_hit && t < hit.t && x * x + y * y <= object.radius * object.radius) hit = {t, {0, 0, 1}};
  }
  return hit;
}

/// The intersection with a cube by slabs (Kay and Kajiya 1986), in the cube's own axes.
inline Hit meets_cube(const SceneObject& object, const Ray& ray) {
  const auto turned = [&](const Vec3& v) {
    return std::array{object.cosine * v.x + object.sine * v.y, object.cosine * v.y - object.sine * v.x, v.z};
  };
  const double half = half_edge(object.radius);
  const auto from = turned(ray.from - Vec3{object.x, object.y, half}), along = turned(ray.along);
  double enter = nearest_hit, leave = std::numeric_limits<double>::infinity();
  int axis = -1;
  for (int i = 0; i < 3; ++i) {
    if (along[std::size_t(i)] == 0) {
      if (std::abs(from[std::size_t(i)]) > half) return {};
      continue;
    }
    const double first = (-half - from[std::size_t(i)]) / along[std::size_t(i)];
    const double second = (half - from[std::size_t(i)]) / along[std::size_t(i)];
    leave = std::min(leave, std::max(first, second));
    if (std::min(first, second) <= enter) continue;
    enter = std::min(first, second);
    axis = i;
  }
  if (axis < 0 || enter > leave) return {};
  const double sign = along[std::size_t(axis)] > 0 ? -1 : 1;
  if (axis == 2) return {enter, {0, 0, sign}};
  if (axis == 0) return {enter, {sign * object.cosine, sign * object.sine, 0}};
  return {enter, {-sign * object.sine, sign * object.cosine, 0}};
}

inline Hit meets(const SceneObject& object, const Ray& ray) {
  if (object.shape == SceneShape::sphere) return meets_sphere(object, ray);
  return object.shape == SceneShape::cube ? meets_cube(object, ray) : meets_cylinder(object, ray);
}

/// The object that a ray meets first, if any.
struct Seen {
  std::optional<std::size_t> object;
  Hit hit;
};
inline Seen first_met(std::span<const SceneObject> objects, const Ray& ray) {
  Seen seen;
  for (std::size_t i = 0; i < objects.size(); ++i)
    if (const Hit hit = meets(objects[i], ray); hit.t < seen.hit.t) seen = {i, hit};
  return seen;
}

/// The ray through a point of the picture, (0, 0) its upper left corner and (1, 1) its lower right one. The camera is
/// CLEVR's, with its field of view of 4 by 3: a square picture is squeezed, not cropped.
inline Ray camera_ray(double across, double down) {
  constexpr Vec3 eye{0, -9.2, 5.6}, target{0, -.1, .25};
  static const Vec3 ahead = unit(target - eye), right = unit(cross(ahead, {0, 0, 1})), up = cross(right, ahead);
  constexpr double half_height = .2;
  return {eye, unit(ahead + (2 * across - 1) * half_height * 4 / 3 * right + (1 - 2 * down) * half_height * up)};
}

/// Light at a point with a normal, as a factor on its colour: a large lamp (whose shadows are soft; `spread` selects a
/// point of it), a weak one without shadows from the other side, and ambient light.
inline double light_at(std::span<const SceneObject> objects, const Vec3& point, const Vec3& normal, int spread) {
  constexpr std::array<Vec3, 4> corners{{{-.9, -.3, .3}, {.9, .3, -.3}, {-.3, .9, .3}, {.3, -.9, -.3}}};
  const Vec3 lamp{-3.6, -3.2, 7.4};
  constexpr double grain = .35;  // each of the four samples of a pixel uses another part of the lamp
  double bright = 0;
  for (std::size_t corner = 0; corner < corners.size(); ++corner) {
    const Vec3 shift = corners[(corner + std::size_t(spread)) % corners.size()];
    const Vec3 to = unit(lamp + (1 - grain * spread / 4) * shift - point);
    const double slope = dot(normal, to);
    if (slope > 0 && !first_met(objects, {point + 1e-4 * normal, to}).object) bright += slope / double(corners.size());
  }
  const double fill = std::max(0., dot(normal, unit(Vec3{4, -5, 3})));
  return .42 + .6 * bright + .14 * fill;
}

/// The specular reflection towards the camera: Blinn's highlight (1977), to the 32nd power.
inline double highlight(std::span<const SceneObject> objects, const Vec3& point, const Vec3& normal,
                        const Vec3& along) {
  const Vec3 to = unit(Vec3{-3.6, -3.2, 7.4} - point);
  if (dot(normal, to) <= 0 || first_met(objects, {point + 1e-4 * normal, to}).object) return 0;
  double shine = std::max(0., dot(normal, unit(to - along)));
  for (int i = 0; i < 5; ++i) shine *= shine;
  return 110 * shine;
}

/// The colour of one ray, 0..255 each, more if overexposed.
inline Vec3 colour_of(std::span<const SceneObject> objects, const Ray& ray, int spread) {
  const Seen seen = first_met(objects, ray);
  if (seen.object) {
    const auto& c = objects[*seen.object].colour;
    const Vec3 point = ray.at(seen.hit.t);
    const double shine = highlight(objects, point, seen.hit.normal, ray.along);
    return light_at(objects, point, seen.hit.normal, spread) * Vec3{double(c[0]), double(c[1]), double(c[2])} +
           shine * Vec3{1, 1, 1};
  }
  constexpr Vec3 grey{168, 167, 166};
  if (ray.along.z >= -1e-3) return grey;
  const Vec3 point = ray.at(ray.from.z / -ray.along.z);
  const double far = dot(point, point) / 60;  // the floor fades with the distance from its middle
  const double light = light_at(objects, point, {0, 0, 1}, spread) - .06 * far / (1 + far);
  return light / 1.05 * Vec3{150, 149, 148};
}

}  // namespace detail

/// A scene as CLEVR's look (Johnson et al. 2017), [1, H, W, 3]: objects on a grey floor, shaded, with soft shadows and
/// highlights, each pixel the mean of four rays. Throws std::invalid_argument for a size without pixels.
inline Images<std::uint8_t> render(std::span<const SceneObject> objects, std::int64_t height, std::int64_t width) {
  check(height >= 1 && width >= 1, "render", "cannot make a picture of ", height, " x ", width);
  Images<std::uint8_t> picture(1, height, width, 3);
  for (std::int64_t p = 0; p < height * width; ++p) {
    detail::Vec3 sum;
    for (int sample = 0; sample < 4; ++sample) {
      const double across = (double(p % width) + .25 + .5 * (sample % 2)) / double(width);
      const double down = (double(p / width) + .25 + .5 * (sample / 2)) / double(height);
      sum = sum + detail::colour_of(objects, detail::camera_ray(across, down), sample);
    }
    const double channels[] = {sum.x / 4, sum.y / 4, sum.z / 4};
    for (int c = 0; c < 3; ++c)
      picture.pixels[std::size_t(3 * p + c)] = std::uint8_t(std::clamp(channels[c] + .5, 0., 255.));
  }
  return picture;
}

/// The visible share of each object in a picture of the scene: of the rays that meet it, those that meet nothing
/// before. 0 for an object outside of the picture. There are `rays` x `rays` rays.
inline std::vector<double> visible_parts(std::span<const SceneObject> objects, int rays = 48) {
  std::vector<double> met(objects.size()), seen(objects.size());
  for (int p = 0; p < rays * rays; ++p) {
    const detail::Ray ray = detail::camera_ray((p % rays + .5) / rays, (p / rays + .5) / rays);
    for (std::size_t i = 0; i < objects.size(); ++i) met[i] += detail::meets(objects[i], ray).t < 1e9;
    if (const auto first = detail::first_met(objects, ray).object) ++seen[*first];
  }
  for (std::size_t i = 0; i < objects.size(); ++i) seen[i] = met[i] > 0 ? seen[i] / met[i] : 0;
  return seen;
}

}  // namespace hush::data
