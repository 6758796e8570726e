/** Header of an answer about a listed file whose share is not there just now. */
export const OFFLINE = "GroupShare-Offline";

/** Why such a file cannot be had, in words that go on a sentence about its member. */
export const NOT_THERE = "its shared folder is not there just now: a drive that is off?";
