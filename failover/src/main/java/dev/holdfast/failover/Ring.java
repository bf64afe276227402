// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import java.util.Arrays;
import java.util.List;

/**
 * Where keys belong: each member has points on a ring of hashes, by its weight, and a key belongs to the member of the next point
 * (D. Karger and others, "Consistent Hashing and Random Trees", 1997). A member that comes or goes moves only the keys that it has, or had. Immutable.
 *
 * @param <T> what the nodes are
 */
final class Ring<T> {
    private static final int EACH = 128;

    private final List<Member<T>> members;
    /** Hashes, in whose lowest bits is whose they are. */
    private final long[] points;

    private final long owner;

    Ring(List<Member<T>> members) {
        this.members = members;
        this.owner = (Long.highestOneBit(Math.max(1, members.size())) << 1) - 1;
        long weight = members.stream().mapToLong(Member::weight).sum();
        long[] all = new long[members.size() * EACH * 2];
        int count = 0;
        for (int i = 0; i < members.size(); i++) {
            Member<T> member = members.get(i);
            long share = Math.max(1, (long) EACH * members.size() * member.weight() / weight);
            long hash = hash(member.name());
            for (long k = 0; k < share && count < all.length; k++) {
                hash = mixed(hash + k);
                all[count++] = (hash & ~owner) | i;
            }
        }
        this.points = Arrays.copyOf(all, count);
        Arrays.sort(points);
    }

    int size() {
        return points.length;
    }

    /** The first point of a key. */
    int first(long hash) {
        int found = Arrays.binarySearch(points, hash & ~owner);
        int at = found < 0 ? -found - 1 : found;
        return at == points.length ? 0 : at;
    }

    Member<T> at(int point) {
        return members.get((int) (points[point % points.length] & owner));
    }

    /** The same in each JVM, for keys whose hash code is. */
    static long hash(Object key) {
        if (key instanceof String text) {
            long hash = 0;
            for (int i = 0; i < text.length(); i++) {
                hash = hash * 0x9E3779B97F4A7C15L + text.charAt(i);
            }
            return mixed(hash);
        }
        return mixed(key.hashCode());
    }

    /** After Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014. */
    static long mixed(long value) {
        long mixed = value * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
