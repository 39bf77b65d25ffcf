// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICheckpointAnchor} from "./ICheckpointAnchor.sol";
import {IMemberRegistry} from "./IMemberRegistry.sol";
import {Roles} from "./Roles.sol";

/// @notice Final checkpoints of the consortium's logs, on a chain that the coordinator does not keep.
contract CheckpointAnchor is ICheckpointAnchor {
    error NotAnAnchor(address account);
    error EmptyCheckpoint(bytes32 originHash);
    error SizeBelowAnchored(bytes32 originHash, uint64 size, uint64 anchored);

    IMemberRegistry public immutable registry;

    mapping(bytes32 originHash => uint64) private _sizes;
    mapping(bytes32 originHash => mapping(uint64 size => bytes32)) private _roots;

    constructor(IMemberRegistry members) {
        registry = members;
    }

    /// @inheritdoc ICheckpointAnchor
    function rootOf(bytes32 originHash, uint64 size) external view returns (bytes32) {
        return _roots[originHash][size];
    }

    /// @inheritdoc ICheckpointAnchor
    function sizeOf(bytes32 originHash) external view returns (uint64) {
        return _sizes[originHash];
    }

    /// @inheritdoc ICheckpointAnchor
    function anchor(bytes32 originHash, uint64 size, bytes32 root) external {
        if (!registry.isActive(msg.sender, Roles.ANCHOR)) {
            revert NotAnAnchor(msg.sender);
        }
        if (size == 0 || root == 0) {
            revert EmptyCheckpoint(originHash);
        }

        bytes32 anchored = _roots[originHash][size];
        if (anchored == root) {
            return;
        }
        if (anchored != 0) {
            // To revert would erase the evidence: two roots of one size are two histories.
            emit ForkReported(originHash, size, anchored, root, msg.sender);
            return;
        }

        uint64 largest = _sizes[originHash];
        if (size < largest) {
            revert SizeBelowAnchored(originHash, size, largest);
        }
        _sizes[originHash] = size;
        _roots[originHash][size] = root;
        emit CheckpointAnchored(originHash, size, root, msg.sender);
    }
}
