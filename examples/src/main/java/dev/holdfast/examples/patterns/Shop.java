// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.examples.readme.Inventory;

/** The services that the examples of the pages call. */
interface Shop extends Inventory {
    /** What is to be paid for. */
    record Order(String number) {}

    /** What is known of a user. */
    record Profile(String user) {}

    /** What a product costs. */
    record Price(long cents) {}

    /** An answer over HTTP, whatever its status is. */
    Reply fetch(Sku sku);

    /** Takes the money, each time that it is called. */
    void pay(Order order);

    /** Takes the money once for a key, however often it is called. */
    void pay(Order order, String key);

    /** What a product costs. */
    Price price(Sku sku);

    /** A user's own data. */
    Profile profile(String user);
}
