// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Bits of a member's roles. A hospital decides on members, commits updates and cosigns rounds.
library Roles {
    uint32 internal constant HOSPITAL = 1;
    uint32 internal constant COORDINATOR = 2;
    uint32 internal constant ANCHOR = 4;
    uint32 internal constant ALL = HOSPITAL | COORDINATOR | ANCHOR;
}
