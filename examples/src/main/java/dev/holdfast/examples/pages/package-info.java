/** The examples of pages that are about no single pattern. */
package dev.holdfast.examples.pages;
