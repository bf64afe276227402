// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

/** Pieces of a page. */
public final class Html {
    private Html() {}

    /**
     * Text as it stands in an element, or in the quotes of an attribute.
     *
     * @param text any
     * @return without markup
     */
    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /**
     * An element that holds a text.
     *
     * @param name of the element
     * @param text any
     * @return with its tags
     */
    public static String element(String name, String text) {
        return "<" + name + ">" + escape(text) + "</" + name + ">";
    }
}
