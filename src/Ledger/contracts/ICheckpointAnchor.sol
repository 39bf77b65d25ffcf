// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Heads of transparency logs: originHash is the SHA-256 of a log's name, root its RFC 6962 root.
interface ICheckpointAnchor {
    event CheckpointAnchored(bytes32 indexed originHash, uint64 size, bytes32 root, address indexed by);
    event ForkReported(bytes32 indexed originHash, uint64 size, bytes32 rootA, bytes32 rootB, address indexed by);

    /// @notice Idempotent. A smaller size than the largest anchored reverts; another root of an anchored size is
    /// recorded as a fork, and the anchored root stays.
    function anchor(bytes32 originHash, uint64 size, bytes32 root) external;

    /// @notice The root anchored for a size; 0 where there is none.
    function rootOf(bytes32 originHash, uint64 size) external view returns (bytes32);

    /// @notice The largest size anchored for a log; 0 where there is none.
    function sizeOf(bytes32 originHash) external view returns (uint64);
}
