// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Who belongs to the consortium on this chain, and what each member may do.
interface IMemberRegistry {
    event MemberAdmitted(address indexed account, bytes32 indexed idHash, bytes32 keyHash, uint32 roles);
    event MemberStatusChanged(address indexed account, uint8 status, bytes32 reasonHash);
    event MemberKeyRotated(address indexed account, bytes32 oldKeyHash, bytes32 newKeyHash);
    event Proposed(uint256 indexed id, uint8 kind, address indexed subject, bytes32 dataHash);
    event Voted(uint256 indexed id, address indexed voter, uint32 yes);

    /// @notice Whether an account is an active member that holds all of these roles; 0 asks for no role.
    function isActive(address account, uint32 role) external view returns (bool);

    function propose(uint8 kind, address subject, bytes32 idHash, bytes32 dataHash, uint32 roles)
        external
        returns (uint256 id);

    /// @notice Executes the proposal with the vote that reaches yes * 3 > deciders * 2.
    function vote(uint256 id) external;
}
